using System.Text.Json;
using LiveHub.Protocol;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Shapes;

/// <summary>What can be asked for, and how everything else is refused.</summary>
public sealed class ShapeReaderTests
{
    private static readonly ShapeReader Reader = Create(new());

    [Fact]
    public void Without_keys_and_where_a_shape_is_the_whole_entity_with_all_exposed_columns()
    {
        var shape = Read("Book");
        Assert.Empty(shape.Terms);
        Assert.Equal(Catalog.Book.Exposed, shape.Projection.Columns);
        Assert.DoesNotContain("secret", shape.Projection.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Keys_are_one_term_over_the_keys_columns()
    {
        Assert.Equal([[1], [2]], Values(Read("Book", keys: "[1,2,1]")));
        Assert.Equal([[7, "a"], [8, "b"]], Values(Read("Copy", keys: """[{"bookId":7,"place":"a"},{"place":"b","bookId":8}]""")));
        Assert.Equal([[new AuthorId(5)]], Values(Read("Author", keys: "[\"5\"]")));
    }

    [Fact]
    public void Terms_are_values_null_and_lists()
    {
        Assert.Equal([["a"]], Values(Read("Book", where: """{"title":"a"}""")));
        Assert.Equal([[null]], Values(Read("Book", where: """{"title":null}""")));
        Assert.Equal([["a"], [null]], Values(Read("Book", where: """{"title":{"in":["a",null,"a"]}}""")));
        Assert.Empty(Values(Read("Book", where: """{"title":{"in":[]}}""")));
        Assert.Equal(2, Read("Book", where: """{"title":"a","ownerId":1}""").Terms.Length);
        Assert.Empty(Read("Book", where: "{}").Terms);
    }

    [Fact]
    public void P7_the_keys_columns_always_come_along()
        => Assert.Equal(["id", "title"], Read("Book", columns: """["title"]""").Projection.Columns.Select(c => c.Name));

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("1")]
    public void Keys_that_are_no_list_of_at_least_one_are_refused(string keys) => Refused(ErrorCodes.BadMessage, "'keys'", "Book", keys: keys);

    [Fact]
    public void Keys_and_where_exclude_each_other() => Refused(ErrorCodes.BadMessage, "not both", "Book", keys: "[1]", where: "{}");

    [Theory]
    [InlineData("[1]")]
    [InlineData("1")]
    [InlineData("\"x\"")]
    public void A_where_that_is_no_object_is_refused(string where) => Refused(ErrorCodes.BadMessage, "'where'", "Book", where: where);

    [Fact]
    public void A_column_named_twice_is_refused()
        => Refused(ErrorCodes.BadMessage, "'title' twice", "Book", where: """{"title":"a","title":"b"}""");

    [Theory]
    [InlineData("{}")]
    [InlineData("\"title\"")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    public void Columns_that_are_no_list_of_names_are_refused(string columns) => Refused(ErrorCodes.BadMessage, "'columns'", "Book", columns: columns);

    [Theory]
    [InlineData("""{"gt":5}""", "gt")]
    [InlineData("""{}""", "title")]
    [InlineData("""{"in":["a"],"in":["b"]}""", "in, in")]
    [InlineData("""{"in":["a"],"not":["b"]}""", "in, not")]
    [InlineData("""{"IN":["a"]}""", "IN")]
    public void An_unknown_operator_is_refused(string term, string named)
        => Refused(ErrorCodes.UnknownOperator, named, "Book", where: $$"""{"title":{{term}}}""");

    [Theory]
    [InlineData("""{"title":5}""", "Book.title")]
    [InlineData("""{"title":["a"]}""", "Book.title")]
    [InlineData("""{"title":{"in":"a"}}""", "'in' for 'title'")]
    [InlineData("""{"title":{"in":[["a"]]}}""", "Book.title")]
    [InlineData("""{"title":{"in":[{"in":[]}]}}""", "Book.title")]
    [InlineData("""{"shelfId":"1"}""", "a 32-bit integer")]
    [InlineData("""{"binding":"Wood"}""", "Paper, Cloth, Leather")]
    [InlineData("""{"title":"\u0000"}""", "a string")]
    public void A_value_that_the_column_cannot_hold_is_refused_with_what_it_takes(string where, string named)
        => Refused(ErrorCodes.WrongType, named, "Book", where: where);

    [Theory]
    [InlineData("Book", "[null]", "Book.id")]
    [InlineData("Book", "[{\"id\":1}]", "Book.id")]
    [InlineData("Book", "[\"1\"]", "Book.id")]
    [InlineData("Copy", "[1]", "bookId, place")]
    [InlineData("Copy", "[[1,\"a\"]]", "bookId, place")]
    [InlineData("Copy", "[{\"bookId\":1}]", "'place'")]
    [InlineData("Copy", "[{\"bookId\":1,\"place\":null}]", "Copy.place")]
    public void A_key_that_is_none_is_refused(string entity, string keys, string named) => Refused(ErrorCodes.WrongType, named, entity, keys: keys);

    [Theory]
    [InlineData("include")]
    [InlineData("orderBy")]
    [InlineData("limit")]
    public void A_reserved_field_is_refused(string reserved)
    {
        var fault = Assert.Throws<RefusedException>(() => Reader.Read(new(1, "Book", null, null, null, reserved)));
        Assert.Equal(ErrorCodes.NotSupported, fault.Code);
        Assert.Contains($"'{reserved}'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_hold_and_what_is_just_within_them_is_taken()
    {
        var reader = Create(new() { MaxKeys = 3, MaxFilterTerms = 2 });
        Assert.Equal(3, Read("Book", keys: "[1,2,3]", reader: reader).Terms[0].Values.Length);
        Assert.Equal(3, Read("Book", where: """{"shelfId":{"in":[1,2,3]}}""", reader: reader).Terms[0].Values.Length);
        Assert.Equal(2, Read("Book", where: """{"shelfId":1,"ownerId":1}""", reader: reader).Terms.Length);
        Refused(ErrorCodes.TooManyKeys, "3", "Book", keys: "[1,1,1,1]", reader: reader);
        Refused(ErrorCodes.TooManyKeys, "3", "Book", where: """{"shelfId":{"in":[1,2,3,4]}}""", reader: reader);
        Refused(ErrorCodes.TooManyTerms, "2", "Book", where: """{"shelfId":1,"ownerId":1,"title":"a"}""", reader: reader);
    }

    [Theory]
    [InlineData("Nothing")]
    [InlineData("book")]
    [InlineData("Books")]
    [InlineData("")]
    public void An_unknown_entity_is_refused(string entity) => Refused(ErrorCodes.UnknownEntity, $"'{entity}'", entity);

    [Fact]
    public void A1_an_entity_that_is_not_exposed_looks_like_one_that_does_not_exist()
    {
        var reader = new ShapeReader(Catalog.ModelOf<CatalogDb>(live => live.Expose<Genre>()), Options.Create(new LiveHubOptions()));
        Same("Author", "Xuthor", name => Refusal(() => Read(name, keys: "[1]", reader: reader)));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("Secret")]
    [InlineData("genres")]
    [InlineData("Title")]
    public void A4_a_hidden_column_looks_like_one_that_does_not_exist(string hidden)
    {
        var none = new string('x', hidden.Length);
        Same(hidden, none, name => Refusal(() => Read("Book", columns: $$"""["title","{{name}}"]""")));
        Same(hidden, none, name => Refusal(() => Read("Book", where: $$"""{"{{name}}":"a"}""")));
        Same(hidden, none, name => Refusal(() => Read("Book", where: "{\"" + name + "\":{\"gt\":5}}")));
        Same(hidden, none, name => Refusal(() => Read("Book", where: "{\"" + name + "\":{\"in\":5}}")));
        Assert.Equal(ErrorCodes.UnknownColumn, Refusal(() => Read("Book", columns: $$"""["{{hidden}}"]""")).Code);
    }

    [Fact]
    public void A4_the_refusal_of_a_column_lists_what_is_exposed_and_nothing_else()
    {
        var message = Refusal(() => Read("Book", columns: """["x"]""")).Message;
        Assert.Contains("title", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void What_a_client_sent_is_repeated_in_short()
    {
        var name = new string('y', 59) + "\U0001F600" + new string('z', 10_000);
        Assert.InRange(Refusal(() => Read(name)).Message.Length, 60, 250);
        Assert.InRange(Refusal(() => Read("Genre", columns: JsonSerializer.Serialize(new[] { name }))).Message.Length, 60, 250);
        Assert.InRange(Refusal(() => Read("Genre", keys: JsonSerializer.Serialize(new[] { name }))).Message.Length, 60, 250);
        Assert.Contains("yyy…", Refusal(() => Read(name)).Message, StringComparison.Ordinal);
    }

    internal static Shape Read(string entity, string? keys = null, string? where = null, string? columns = null, ShapeReader? reader = null)
        => (reader ?? Reader).Read(new(1, entity, Json(keys), Json(where), Json(columns), Reserved: null));

    private static ShapeReader Create(LiveHubOptions options) => new(Catalog.Model, Options.Create(options));

    private static void Refused(
        string code, string named, string entity, string? keys = null, string? where = null, string? columns = null, ShapeReader? reader = null)
    {
        var fault = Refusal(() => Read(entity, keys, where, columns, reader));
        Assert.Equal(code, fault.Code);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    private static RefusedException Refusal(Func<Shape> read) => Assert.Throws<RefusedException>(read);

    private static void Same(string hidden, string unknown, Func<string, RefusedException> refusal)
    {
        var (a, b) = (refusal(hidden), refusal(unknown));
        Assert.Equal(b.Code, a.Code);
        Assert.Equal(b.Message, a.Message.Replace($"'{hidden}'", $"'{unknown}'", StringComparison.Ordinal));
    }

    private static JsonElement? Json(string? text) => text is null ? null : JsonDocument.Parse(text).RootElement;

    private static IEnumerable<object?[]> Values(Shape shape)
        => Assert.Single(shape.Terms).Values.Select(v => Enumerable.Range(0, v.Length).Select(i => v[i]).ToArray());
}
