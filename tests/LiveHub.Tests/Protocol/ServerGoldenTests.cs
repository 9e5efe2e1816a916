using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Protocol;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Protocol;

/// <summary>The server writes the golden server messages.</summary>
public sealed class ServerGoldenTests
{
    private static readonly LiveModel Model = Catalog.ModelOf<CardDb>(live => live.Expose<Card>().Expose<CardLabel>().Expose<Comment>().Expose<Price>());
    private static readonly Entity Cards = Model.Find("Card")!;
    private static readonly Entity CardLabels = Model.Find("CardLabel")!;
    private static readonly Entity Comments = Model.Find("Comment")!;
    private static readonly Entity Prices = Model.Find("Price")!;

    /// <summary>Only a step that is too long for one part has parts; its form is compared.</summary>
    private static readonly string[] Long = ["first part of a snapshot", "last part of a snapshot, with what joined it"];

    private static readonly Dictionary<string, Func<Task<JsonObject>>> Written = new()
    {
        ["welcome"] = () => Whole(ServerMessages.Welcome("5c8a1f0e9b7d4f63")),
        ["subscribed"] = () => Whole(ServerMessages.Subscribed(3, 57, Cards, "b2f0c4")),
        ["subscribed, composite key"] = () => Whole(ServerMessages.Subscribed(2, 58, CardLabels, "0c11d2")),
        ["subscribed, keys written otherwise"] = () => Whole(ServerMessages.Subscribed(4, 61, Comments, "77aa01",
            RespelledKeys.Of(Comments, Asked("""["0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9","00000000-0000-0000-0000-000000000000"]""")))),
        ["subscribed, composite keys written otherwise"] = () => Whole(ServerMessages.Subscribed(5, 62, Prices, "77aa02",
            RespelledKeys.Of(Prices, Asked("""[{"amount":"1.50","cardId":1},{"amount":1.5,"cardId":1}]""")))),
        ["subscribed, rows kept"] = () => Whole(ServerMessages.Subscribed(3, 57, Cards, "b2f0c4", resumed: true)),
        ["update"] = () => Whole(Step(901, 0x9f3a5c0d11e2b476, step => step.AddRow(Title(881, "Mow", "Paint"), [], [57, 59], []))),
        ["move"] = () => Whole(Step(902, 0x11e2b4769f3a5c0d, step =>
            step.AddRow(Change(882, ("Paint", 7), ("Paint", 8)).Full(new(Cards, Cards.Exposed)), [60], [], [57]))),
        ["delete, composite key"] = () => Whole(Step(903, 0x00e2b4769f3a5c0d, step => step.AddRow(Taken(883), [], [], [58]))),
        ["two changesets"] = () => Whole(
            Step(905, 1, step => step.AddRow(Title(884, "Paint", "Saw"), [], [57], [])),
            Step(906, 0x5be2b4769f3a5c0d, step =>
            {
                step.AddRow(Title(885, "Saw", "Sew"), [], [57], []);
                step.AddRow(Taken(886), [], [], [58]);
            })),
        ["step that is dropped"] = () => Whole(ServerMessages.Dropped(4)),
        ["snapshot with its transactions"] = () => Whole(Step(905, 0x77e2b4769f3a5c0e, step =>
            step.AddSnapshot(57, isFirst: true, "]}"u8.ToArray(), new(new(740), new(745), [new(741), new(743)])))),
        ["change of a transaction that a snapshot may show"] = () => Whole(Step(907, 0x8ae2b4769f3a5c0e, step =>
            step.AddRow(Title(887, "Sew", "Sow"), [], [57], [], new TransactionId(744)))),
        ["refused subscription"] = () => Whole(ServerMessages.Error("unknown_column", "Entity 'Card' has no column 'titel'. Its columns are: id, title.", 3)),
        ["passing fault"] = () => Whole(ServerMessages.Error("snapshot_failed", "The database could not be read. The client asks again.", 3, 2000)),
        ["bad message"] = () => Whole(ServerMessages.Error("bad_message", "The first message of a connection must be 'hello'.")),
        ["seen"] = () => Whole(ServerMessages.Seen("019a9f0c3b7e7d21a4c05b1f2e3d4c5b")),
        ["transaction that never came"] = () => Whole(ServerMessages.NotSeen("unknown_transaction", "It has not come in 00:00:30.", "019a9f0c3b7e7d21a4c05b1f2e3d4c5b")),
        ["going away"] = () => Whole(ServerMessages.GoingAway(350)),
    };

    public static TheoryData<string> Names => [.. Golden.Server.Keys.Except(Long)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_server_writes_the_golden_message(string name)
    {
        var written = await Written[name]();
        Assert.True(JsonNode.DeepEquals(Golden.Server[name], written), $"Expected {Golden.Server[name].ToJsonString()}, written {written.ToJsonString()}");
        Assert.Equal("type", written.First().Key);
    }

    [Fact]
    public async Task P13_the_parts_of_a_long_step_have_the_fields_of_the_golden_parts()
    {
        var step = new Step { End = new(904, 1) };
        step.AddSnapshot(57, isFirst: true, Rows("Mow"));
        step.AddSnapshot(57, isFirst: false, Rows("Sow"));
        step.AddRow(Change(884, ("Mow", 7), null).KeyOnly(), [], [], [57]);
        var parts = await Frames.WriteAsync(step);
        Assert.Equal(2, parts.Count);
        Assert.Equal(Fields(Golden.Server[Long[0]]), Fields(parts[0]));
        Assert.Equal(Fields(Golden.Server[Long[1]]), Fields(parts[1]));
    }

    [Fact]
    public void Every_golden_server_message_is_looked_at()
        => Assert.Equal(Golden.Server.Keys.Order(), Written.Keys.Concat(Long).Order());

    private static Step Step(long offset, ulong tag, Action<Step> add)
    {
        var step = new Step { End = new(offset, tag) };
        add(step);
        return step;
    }

    private static async Task<JsonObject> Whole(params Step[] steps) => Assert.Single(await Frames.WriteAsync(steps));

    private static async Task<JsonObject> Whole(ReadOnlyMemory<byte> message) => Assert.Single(await Frames.WriteAsync(message));

    private static ReadOnlyMemory<byte> Title(long version, string before, string after)
        => Change(version, (before, 7), (after, 7)).Changed(new(Cards, Cards.Exposed));

    /// <summary>A label that is taken off its card.</summary>
    private static ReadOnlyMemory<byte> Taken(long version)
        => new RoutedChange(Catalog.Change(CardLabels, Catalog.Row(CardLabels, ("CardId", 1), ("LabelId", 2)), null, version), default).KeyOnly();

    private static JsonElement Asked(string keys) => JsonDocument.Parse(keys).RootElement;

    private static RoutedChange Change(long version, (string Title, int List)? before, (string Title, int List)? after)
        => new(Catalog.Change(Cards, Row(before), Row(after), version), default);

    private static Row? Row((string Title, int List)? card)
        => card is { } c ? Catalog.Row(Cards, new Card { Id = 42, Title = c.Title, ListId = c.List }) : null;

    private static ReadOnlyMemory<byte> Rows(string title)
        => Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Range(0, 700).Select(i => $$"""{"id":{{i}},"title":"{{title}} and more"}""")) + "]}");

    /// <summary>Which fields there are at every level; of lists, what their first item has.</summary>
    private static string Fields(JsonNode? node) => node switch
    {
        JsonObject item => $"{{{string.Join(",", item.Select(p => $"{p.Key}:{(p.Key == "ops" ? string.Join("|", p.Value!.AsArray().Select(Fields)) : Fields(p.Value))}"))}}}",
        JsonArray list => $"[{(list.Count > 0 ? Fields(list[0]) : "")}]",
        null => "null",
        _ => node.GetValueKind().ToString(),
    };

    private sealed class CardDb(DbContextOptions<CardDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Card>();
            modelBuilder.Entity<CardLabel>().HasKey(l => new { l.CardId, l.LabelId });
            modelBuilder.Entity<Comment>();
            modelBuilder.Entity<Price>().HasKey(p => new { p.CardId, p.Amount });
        }
    }

    private sealed class Card
    {
        public int Id { get; set; }

        public string Title { get; set; } = "";

        public int ListId { get; set; }
    }

    private sealed class Comment
    {
        public Guid Id { get; set; }
    }

    private sealed class Price
    {
        public int CardId { get; set; }

        public decimal Amount { get; set; }
    }

    private sealed class CardLabel
    {
        public int CardId { get; set; }

        public int LabelId { get; set; }
    }
}
