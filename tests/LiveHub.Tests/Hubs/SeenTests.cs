using System.Text.Json.Nodes;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Hubs;

/// <summary>The header LiveHub-Transaction, and who asks for what it names.</summary>
public sealed class SeenTests(PostgresServer server)
{
    [Fact]
    public async Task Rule_18_what_a_request_committed_is_sent_before_it_is_said_to_be()
    {
        await using var site = await Site.StartAsync(server);
        await using var client = await site.ConnectAsync();
        for (var i = 0; i < 50; i++)
        {
            var name = $"name {i}";
            var view = await site.SeenAfterAsync(client, db => Rename(db, name));
            Assert.Equal(name, (string?)view.Rows(1)!["1"]["name"]);
        }
    }

    [Fact]
    public async Task Rule_18_every_transaction_of_a_request_counts()
    {
        await using var site = await Site.StartAsync(server);
        await using var client = await site.ConnectAsync();
        var token = await site.RequestAsync(services => Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            await using var scope = services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ShopDb>();
            db.Add(new Item { ShelfId = 1, Name = $"item {i}" });
            await db.SaveChangesAsync();
        })));
        await client.SendAsync(Seen(token!));
        Assert.Equal(42, (await site.UntilSeenAsync(client)).Rows(1)!.Count);
        Assert.Equal(RequestTransactions.MaxIds, token!.Split('.').Length);
    }

    [Fact]
    public async Task Rule_18_what_concerns_no_collection_is_answered_too()
    {
        await using var site = await Site.StartAsync(server);
        await using var client = await site.ConnectAsync();
        var token = await site.RequestAsync(db =>
        {
            db.Add(new Shelf { Name = "cellar" });
            return db.SaveChangesAsync();
        });
        await client.SendAsync(Seen(token!));
        Assert.Equal("seen", (string?)(await client.NextAsync())["type"]);
    }

    [Fact]
    public async Task Rule_18_rows_that_must_be_read_again_are_sent_before_the_answer()
    {
        await using var site = await Site.StartAsync(server);
        await using var client = await site.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            var name = $"bulk {i}";
            var view = await site.SeenAfterAsync(client, db => db.Items.ExecuteUpdateAsync(set => set.SetProperty(item => item.Name, name)));
            Assert.All(view.Rows(1)!.Values, row => Assert.Equal(name, (string?)row["name"]));
        }
    }

    [Fact]
    public async Task Rule_18_a_transaction_whose_end_nobody_tells_is_named_and_answered_however_it_ends()
    {
        await using var site = await Site.StartAsync(server);
        await using var client = await site.ConnectAsync();
        var shown = new List<string>();
        foreach (var commits in (bool[])[true, false, true])
        {
            var name = $"by ADO.NET {shown.Count} {commits}";
            if (commits)
            {
                shown.Add(name);
            }

            var view = await site.SeenAfterAsync(client, (IServiceProvider _) => site.Shop.InAdoTransactionAsync(async (db, transaction) =>
            {
                await Rename(db, name);
                await (commits ? transaction.CommitAsync() : transaction.RollbackAsync());
            }));
            Assert.Equal(shown[^1], (string?)view.Rows(1)!["1"]["name"]);
        }
    }

    [Fact]
    public async Task Rule_18_a_transaction_that_began_before_what_the_log_remembers_is_waited_for()
    {
        await using var site = await Site.StartAsync(server, options => options.LogRetention.Count = 1);
        await using var client = await site.ConnectAsync();
        var view = await site.SeenAfterAsync(client, (IServiceProvider _) => site.Shop.InAdoTransactionAsync(async (db, transaction) =>
        {
            await Rename(db, "late");
            await site.Shop.AddItemsAsync(1, "meanwhile", "and more");
            await transaction.CommitAsync();
        }));
        Assert.Equal("late", (string?)view.Rows(1)!["1"]["name"]);
    }

    [Fact]
    public async Task A_request_names_what_it_has_committed_and_nothing_else()
    {
        await using var site = await Site.StartAsync(server);
        Assert.Null(await site.RequestAsync(db => db.Items.CountAsync()));
        Assert.Null(await site.RequestAsync(db =>
        {
            db.Add(new Note { Text = "not exposed" });
            return db.SaveChangesAsync();
        }));
        Assert.Null(await site.RequestAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await Rename(db, "rolled back");
            await transaction.RollbackAsync();
        }));
        Assert.Null(await site.RequestAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await Rename(db, "left");
        }));
        Assert.NotNull(await site.RequestAsync(services => services.GetRequiredService<ILiveHub>().InvalidateAsync<Item>()));
        Assert.NotNull(await site.RequestAsync(async db =>
        {
            await Rename(db, "committed, and then the request failed");
            throw new InvalidOperationException("as applications do");
        }));
    }

    [Fact]
    public async Task G12_what_never_comes_is_refused_with_a_code_and_the_connection_goes_on()
    {
        await using var site = await Site.StartAsync(server, options => options.TransactionTimeout = TimeSpan.FromSeconds(1));
        await using var client = await site.ConnectAsync();
        var unknown = ChangesetId.New(DateTimeOffset.UtcNow.AddMinutes(1)).ToString();
        foreach (var token in (string[])[unknown, "", "nonsense", $"{unknown}.", $"{unknown}.{new string('g', 32)}", $"{unknown} ", new string('0', 32), new string('f', 32)])
        {
            await client.SendAsync(Seen(token));
            var answer = await client.NextAsync();
            Assert.Equal(("error", "unknown_transaction", token), ((string?)answer["type"], (string?)answer["code"], (string?)answer["transaction"]));
        }

        await client.SendAsync(Seen(string.Join('.', Enumerable.Repeat(unknown, 33))));
        Assert.Equal(("unknown_transaction", null), await CodeAsync());
        await client.SendAsync("""{"type":"seen"}""");
        Assert.Equal(("bad_message", null), await CodeAsync());
        Assert.Equal(0, site.Shop.Router.CountAwaited());
        await client.SendAsync(Seen((await site.RequestAsync(db => Rename(db, "good")))!));
        Assert.Equal("steps", (string?)(await client.NextAsync())["type"]);

        async Task<(string?, string?)> CodeAsync()
        {
            var answer = await client.NextAsync();
            return ((string?)answer["code"], (string?)answer["transaction"]);
        }
    }

    [Fact]
    public async Task G12_a_connection_waits_for_so_many_transactions_and_leaves_nothing_behind()
    {
        await using var site = await Site.StartAsync(server);
        await using (var client = await site.ConnectAsync())
        {
            for (var i = 0; i < 1_002; i++)
            {
                await client.SendAsync(Seen(ChangesetId.New(DateTimeOffset.UtcNow.AddMinutes(1)).ToString()));
            }

            Assert.Equal("too_many_transactions", (string?)(await client.NextAsync())["code"]);
            Assert.Equal("too_many_transactions", (string?)(await client.NextAsync())["code"]);
            Assert.Equal(1_000, site.Shop.Router.CountAwaited());
        }

        await Until.TrueAsync(() => site.Shop.Router.CountAwaited() == 0, () => $"{site.Shop.Router.CountAwaited()} are awaited");
    }

    [Fact]
    public async Task What_is_older_than_the_log_remembers_was_sent_or_is_in_every_snapshot()
    {
        await using var site = await Site.StartAsync(server, options => options.LogRetention.Count = 1);
        var token = await site.RequestAsync(db => Rename(db, "first"));
        await site.RequestAsync(db => Rename(db, "second"));
        await using var client = await site.ConnectAsync();
        await client.SendAsync(Seen(token!));
        await site.UntilSeenAsync(client);
    }

    private static string Seen(string token) => $$"""{"type":"seen","transaction":"{{token}}"}""";

    private static async Task Rename(ShopDb db, string name)
    {
        (await db.Items.SingleAsync(i => i.Id == 1)).Name = name;
        await db.SaveChangesAsync();
    }

    /// <summary>A shop with two items, one collection per client, and requests of which each test says what they do.</summary>
    private sealed class Site(Shop shop, HttpClient http) : IAsyncDisposable
    {
        private readonly Dictionary<RawClient, RawView> _views = [];
        private Func<IServiceProvider, Task> _handle = _ => Task.CompletedTask;

        public Shop Shop => shop;

        public static async Task<Site> StartAsync(PostgresServer server, Action<LiveHubOptions>? options = null)
        {
            Site? site = null;
            var shop = await Shop.StartAsync(server, options, live: live => live.UsePostgreSql(), map: app =>
            {
                app.UseExceptionHandler(failed => failed.Run(_ => Task.CompletedTask));
                app.UseLiveHubTransactionHeader();
                app.MapLiveHub("/live");
                app.MapPost("/", (HttpContext context) => site!._handle(context.RequestServices));
            });
            await shop.AddItemsAsync(1, "cup", "fork");
            return site = new(shop, new() { BaseAddress = new(shop.App.Urls.Single()) });
        }

        public async Task<RawClient> ConnectAsync()
        {
            var client = await RawClient.ConnectAsync(shop.HubUrl);
            await client.SubscribeAsync(1, "Item");
            _views[client] = await client.UntilAsync(new(), v => v.Rows(1) is not null);
            return client;
        }

        /// <returns>The header.</returns>
        public async Task<string?> RequestAsync(Func<IServiceProvider, Task> handle)
        {
            _handle = handle;
            using var response = await http.PostAsync("/", content: null, TestContext.Current.CancellationToken);
            return response.Headers.TryGetValues("LiveHub-Transaction", out var values) ? values.Single() : null;
        }

        public Task<string?> RequestAsync(Func<ShopDb, Task> handle) => RequestAsync((IServiceProvider services) => handle(services.GetRequiredService<ShopDb>()));

        /// <returns>What the client shows when it is told that it shows what a request has committed.</returns>
        public async Task<RawView> SeenAfterAsync(RawClient client, Func<IServiceProvider, Task> handle)
        {
            var token = await RequestAsync(handle);
            await client.SendAsync(Seen(token!));
            return await UntilSeenAsync(client);
        }

        public Task<RawView> SeenAfterAsync(RawClient client, Func<ShopDb, Task> handle)
            => SeenAfterAsync(client, (IServiceProvider services) => handle(services.GetRequiredService<ShopDb>()));

        /// <returns>What the client shows when it is told.</returns>
        public async Task<RawView> UntilSeenAsync(RawClient client)
        {
            for (JsonObject message; (string?)(message = await client.NextAsync())["type"] != "seen";)
            {
                Assert.Equal("steps", (string?)message["type"]);
                _views[client].Apply(message);
            }

            return _views[client];
        }

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await shop.DisposeAsync();
        }
    }
}
