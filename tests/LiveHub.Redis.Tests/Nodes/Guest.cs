using System.Text.Json.Nodes;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>
/// A client that goes from node to node with what it has. It subscribes to all items (1), those of the first shelf (2), those of the second (3), and the shelves (4), whose
/// rows are all of one position.
/// </summary>
internal sealed class Guest : IAsyncDisposable
{
    private static readonly (int Id, string Entity, string More)[] Subscriptions =
        [(1, "Item", ""), (2, "Item", ",\"where\":{\"shelfId\":1}"), (3, "Item", ",\"where\":{\"shelfId\":2}"), (4, "Shelf", "")];

    private RawClient? _client;

    public RawView View { get; } = new();

    /// <summary>When it is to come back, where it was sent away from where it is.</summary>
    public int? RetryMs { get; private set; }

    public string? Epoch => (string?)View.Position["epoch"];

    public RawClient Client => _client ?? throw new InvalidOperationException("It is nowhere.");

    public static async Task<Guest> AtAsync(Shop node)
    {
        var guest = new Guest();
        await guest.GoToAsync(node);
        return guest;
    }

    /// <summary>Leaves where it is, goes to a node with what it has, and waits until it is live there.</summary>
    public async Task GoToAsync(Shop node)
    {
        await KnockAsync(node);
        await EnterAsync();
    }

    /// <summary>Says hello; the answer is for <see cref="EnterAsync"/>.</summary>
    public async Task KnockAsync(Shop node)
    {
        await LeaveAsync();
        _client = await RawClient.ConnectAsync(node.HubUrl, hello: false);
        var position = View.Steps == 0 ? "" : $",\"position\":{View.Position.ToJsonString()}";
        await _client.SendAsync($$"""{"type":"hello","protocol":{"min":1,"max":1}{{position}}}""");
    }

    public async Task EnterAsync()
    {
        View.Resumed.Clear();
        var welcome = await Client.NextAsync();
        Assert.Equal("welcome", (string?)welcome["type"]);
        View.Apply(welcome);
        var asked = Subscriptions.Select(s => $$"""{"id":{{s.Id}},"entity":"{{s.Entity}}"{{s.More}}{{(View.Fingerprints.TryGetValue(s.Id, out var known) ? $",\"fingerprint\":\"{known}\"" : "")}}}""");
        await Client.SendAsync($$"""{"type":"subscribe","subscriptions":[{{string.Join(',', asked)}}]}""");
        var steps = View.Steps;
        await UntilAsync(v => v.Steps > steps && Subscriptions.All(s => v.Rows(s.Id) is not null));
    }

    public async Task LeaveAsync()
    {
        if (_client is { } client)
        {
            (_client, RetryMs) = (null, null);
            await client.DisposeAsync();
        }
    }

    public async Task UntilAsync(Func<RawView, bool> reached)
    {
        while (!reached(View))
        {
            try
            {
                View.Apply(await Client.NextAsync());
            }
            catch (OperationCanceledException e)
            {
                throw new InvalidOperationException($"It has not come. Items: {string.Join(", ", Shown(1))}; the last frames: {string.Join('\n', Client.Frames.TakeLast(5))}", e);
            }
        }
    }

    /// <summary>Takes what comes until it is sent away.</summary>
    public async Task UntilSentAwayAsync()
    {
        while (RetryMs is null)
        {
            var message = await Client.NextAsync();
            View.Apply(message);
            RetryMs = (string?)message["type"] == "going-away" ? (int)message["retryMs"]! : null;
        }
    }

    /// <summary>Asks for what a request has committed, and takes what comes until it was told that it has all.</summary>
    public async Task UntilSeenAsync(string transaction)
    {
        await Client.SendAsync($$"""{"type":"seen","transaction":"{{transaction}}"}""");
        for (var message = await Client.NextAsync(); (string?)message["type"] != "seen"; message = await Client.NextAsync())
        {
            View.Apply(message);
            Assert.Empty(View.Errors);
        }
    }

    public string? NameOf(int item) => (string?)View.Rows(1)?.GetValueOrDefault($"{item}")?["name"];

    /// <summary>It goes on with all that it had.</summary>
    public void HasResumed() => Assert.Equal(Subscriptions.Select(s => s.Id), View.Resumed.Order());

    public async Task EqualsDatabaseAsync(Shop node)
    {
        var items = await node.WithDbAsync(db => db.Items.AsNoTracking().OrderBy(i => i.Id).ToListAsync());
        var shelves = await node.WithDbAsync(db => db.Shelves.AsNoTracking().OrderBy(s => s.Id).ToListAsync());
        Assert.Equal(items.Select(Text), Shown(1));
        Assert.Equal(items.Where(i => i.ShelfId == 1).Select(Text), Shown(2));
        Assert.Equal(items.Where(i => i.ShelfId == 2).Select(Text), Shown(3));
        Assert.Equal(shelves.Select(s => $"{s.Id}  {s.Name}"), Shown(4));
    }

    public async ValueTask DisposeAsync() => await LeaveAsync();

    private static string Text(Item item) => $"{item.Id} {item.ShelfId} {item.Name}";

    private IEnumerable<string> Shown(int id) => (View.Rows(id)?.Values ?? []).OrderBy(r => (int)r["id"]!).Select((JsonObject r) => $"{r["id"]} {r["shelfId"]} {r["name"]}");
}
