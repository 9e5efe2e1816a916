using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using LiveHub.Protocol;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Protocol;

public sealed class ClientMessageReaderTests
{
    private static readonly ShapeReader Shapes = new(Catalog.Model, Options.Create(new LiveHubOptions()));

    /// <summary>Words that lead far into the readers, and strings that no .NET string can hold.</summary>
    private static readonly string[] Texts =
    [
        "type", "hello", "subscribe", "unsubscribe", "subscriptions", "ids", "id", "entity", "keys", "where", "columns", "include", "orderBy", "limit",
        "protocol", "min", "max", "in", "Book", "Copy", "Author", "BookGenre", "bookId", "place", "title", "ownerId", "shelfId", "binding", "boughtAt", "writtenAt",
        "printed", "scan", "price", "weight", "code", "NaN", "Cloth", "2026-01-01T00:00:00Z", "", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\\\ud800", "x y",
    ];

    [Fact]
    public void B2_any_JSON_is_decoded_or_refused_with_a_text()
        => Always.Holds(Json(4), Handle, runs: 3000);

    [Fact]
    public void B2_any_subscription_is_read_or_refused_with_a_text()
        => Always.Holds(
            from entity in Gen.Elements("Book", "Copy", "Author", "BookGenre", "Cover", "Genre", "\\udc00")
            from field in Gen.Elements("keys", "where", "columns")
            from value in Json(3)
            from list in Gen.Elements(true, false)
            select $$"""{"type":"subscribe","subscriptions":[{"id":1,"entity":"{{entity}}","{{field}}":{{(list ? $"[{value}]" : value)}}}]}""",
            Handle,
            runs: 3000);

    [Fact]
    public void B2_any_term_is_read_or_refused_with_a_text()
        => Always.Holds(
            from column in Gen.Elements(Catalog.Book.Exposed.Select(c => c.Name).ToArray())
            from value in Json(2)
            from list in Gen.Elements(true, false)
            select $$$"""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Book","where":{"{{{column}}}":{{{(list ? $"{{\"in\":[{value}]}}" : value)}}} }}]}""",
            Handle,
            runs: 3000);

    [Theory]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udc00\\ud800\"")]
    [InlineData("\"\\\\\\ud800x\"")]
    [InlineData("\"\\ud800\\u0041\"")]
    [InlineData("\"\\uD83D\"")]
    public void Half_a_surrogate_pair_is_refused_where_it_is_read(string text)
    {
        Refused($$"""{"type":{{text}}}""", "Unicode");
        string[] fields = [$"\"keys\":[{text}]", $"\"where\":{{\"title\":{text}}}", $"\"where\":{{{text}:1}}", $"\"columns\":[{text}]"];
        Assert.All(fields.Select(f => $"\"entity\":\"Book\",{f}").Append($"\"entity\":{text}"), field =>
        {
            var subscribe = (ClientMessage.Subscribe)Read($$"""{"type":"subscribe","subscriptions":[{"id":1,{{field}}}]}""");
            var refusal = Assert.Throws<RefusedException>(() => Shapes.Read(subscribe.Subscriptions[0]));
            Assert.True(refusal.Code is ErrorCodes.BadMessage or ErrorCodes.WrongType);
        });
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused()
    {
        byte[] json = [.. "{\"type\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        using var document = JsonDocument.Parse(json);
        Assert.Throws<RefusedException>(() => ClientMessageReader.Read(document.RootElement));
    }

    [Theory]
    [InlineData("\"\\ud83d\\ude00\"")]
    [InlineData("\"\\\\ud800\"")]
    [InlineData("\"\\u00e9 ü 😀\"")]
    public void Whole_characters_are_text_however_they_are_written(string text)
        => Assert.IsType<ClientMessage.Unsubscribe>(Read($$"""{"type":"unsubscribe","ids":[],"x":{{text}}}"""));

    [Theory]
    [InlineData("1", "object")]
    [InlineData("[]", "object")]
    [InlineData("{}", "'type'")]
    [InlineData("""{"type":5}""", "'type'")]
    [InlineData("""{"type":"resume"}""", "hello, subscribe, unsubscribe and seen")]
    [InlineData("""{"type":"hello"}""", "'protocol'")]
    [InlineData("""{"type":"hello","protocol":1}""", "'protocol'")]
    [InlineData("""{"type":"hello","protocol":{"min":1}}""", "protocol.max")]
    [InlineData("""{"type":"hello","protocol":{"min":"1","max":1}}""", "protocol.min")]
    [InlineData("""{"type":"hello","protocol":{"min":1,"max":1.5}}""", "protocol.max")]
    [InlineData("""{"type":"subscribe"}""", "'subscriptions'")]
    [InlineData("""{"type":"subscribe","subscriptions":{}}""", "'subscriptions'")]
    [InlineData("""{"type":"subscribe","subscriptions":[1]}""", "object")]
    [InlineData("""{"type":"subscribe","subscriptions":[{"entity":"Card"}]}""", "'id'")]
    [InlineData("""{"type":"subscribe","subscriptions":[{"id":"1","entity":"Card"}]}""", "'id'")]
    [InlineData("""{"type":"subscribe","subscriptions":[{"id":0,"entity":"Card"}]}""", "'id'")]
    [InlineData("""{"type":"subscribe","subscriptions":[{"id":2147483648,"entity":"Card"}]}""", "'id'")]
    [InlineData("""{"type":"unsubscribe"}""", "'ids'")]
    [InlineData("""{"type":"unsubscribe","ids":[1.5]}""", "'ids'")]
    [InlineData("""{"type":"unsubscribe","ids":["1"]}""", "'ids'")]
    public void B1_what_is_no_message_is_refused_with_what_is_missing(string json, string named) => Refused(json, named);

    [Fact]
    public void P2_unknown_fields_are_ignored_and_null_is_left_out()
    {
        var message = (ClientMessage.Subscribe)Read("""{"type":"subscribe","new":1,"subscriptions":[{"id":1,"entity":"Book","keys":null,"limit":null,"fingerprint":"x","new":{}}]}""");
        Assert.Equal(new(1, "Book", null, null, null, null, "x"), Assert.Single(message.Subscriptions));
    }

    [Theory]
    [InlineData("include")]
    [InlineData("orderBy")]
    [InlineData("limit")]
    public void Reserved_fields_are_remembered_for_the_refusal(string field)
        => Assert.Equal(field, ((ClientMessage.Subscribe)Read($$$"""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Book","{{{field}}}":[]}]}""")).Subscriptions[0].Reserved);

    private static void Handle(string json)
    {
        try
        {
            if (Read(json) is ClientMessage.Subscribe subscribe)
            {
                foreach (var request in subscribe.Subscriptions)
                {
                    _ = Shapes.Read(request);
                }
            }
        }
        catch (RefusedException refusal)
        {
            Assert.InRange(refusal.Message.Length, 10, 600);

            // It can be sent back.
            _ = JsonDocument.Parse(ServerMessages.Error(refusal.Code, refusal.Message));
        }
    }

    private static void Refused(string json, string named)
    {
        var refusal = Assert.Throws<RefusedException>(() => Read(json));
        Assert.Equal(ErrorCodes.BadMessage, refusal.Code);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    private static ClientMessage Read(string json) => ClientMessageReader.Read(JsonDocument.Parse(Encoding.UTF8.GetBytes(json)).RootElement);

    private static Gen<string> Json(int depth)
    {
        var text = Gen.Elements(Texts).Select(t => $"\"{t}\"");
        var leaf = Gen.OneOf(
            text, text, Gen.Elements("null", "true", "false", "0", "1", "-1", "1.5", "1e400", "-0", "99999999999999999999", "1e-30", "0.1"));
        if (depth == 0)
        {
            return leaf;
        }

        var inner = Json(depth - 1);
        return Gen.Frequency(
            (2, leaf),
            (2, from count in Gen.Choose(0, 3) from items in inner.ArrayOf(count) select $"[{string.Join(',', items)}]"),
            (4, from count in Gen.Choose(0, 4)
                from items in (from name in text from value in inner select $"{name}:{value}").ArrayOf(count)
                from typed in Gen.Elements("", "\"type\":\"hello\"", "\"type\":\"subscribe\"", "\"type\":\"unsubscribe\"")
                select $"{{{string.Join(',', items.Prepend(typed).Where(i => i.Length > 0))}}}"));
    }
}
