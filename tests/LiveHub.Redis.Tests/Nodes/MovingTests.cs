using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>Rule 20: a client goes on at any node.</summary>
public sealed class MovingTests(PostgresServer server)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task G7_a_client_goes_on_at_another_node_with_what_it_missed_and_nothing_is_read(bool isFresh)
    {
        await using var nodes = await ShopNodes.StartAsync(server);
        await nodes[0].AddItemsAsync(1, "cup", "jug", "pot");
        await using var guest = await Guest.AtAsync(nodes[0]);
        await guest.LeaveAsync();
        for (var i = 0; i < 20; i++)
        {
            await nodes[i % 2].RenameAsync(1, $"name {i}");
        }

        await nodes[1].WithDbAsync(async db =>
        {
            var items = await db.Items.OrderBy(i => i.Id).ToListAsync();
            items[1].ShelfId = 2;
            db.Remove(items[2]);
            await db.SaveChangesAsync();
        });
        await nodes[0].AddItemsAsync(2, "fork");
        var other = isFresh ? await nodes.AddAsync() : nodes[1];
        var (ops, rows) = (guest.View.RowOps, guest.View.SnapshotRows);
        nodes.Queries.Reset();
        await guest.GoToAsync(other);
        Assert.Equal(0, nodes.Queries.Count("SELECT"));
        guest.HasResumed();
        Assert.Equal((ops + 4, rows), (guest.View.RowOps, guest.View.SnapshotRows));
        await guest.EqualsDatabaseAsync(nodes[0]);

        // It is live there, and goes back as it came.
        await nodes.SettleAsync(guest);
        await guest.GoToAsync(nodes[0]);
        guest.HasResumed();
        await nodes.SettleAsync(guest);
    }

    [Fact]
    public async Task G7_a_position_that_another_node_has_told_is_waited_for_where_it_has_not_been_heard()
    {
        await using var nodes = await ShopNodes.StartAsync(server, configure: redis => redis.HeartbeatInterval = TimeSpan.FromMilliseconds(300));
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        nodes.Lines[1].Loss = 1;
        var met = 0;
        for (var i = 0; i < 20 && met < 3; i++)
        {
            await nodes[0].RenameAsync(1, $"name {i}");
            await guest.UntilAsync(_ => guest.NameOf(1) == $"name {i}");
            var isAhead = nodes[1].Router.Routed.Offset < guest.View.Offset;
            await guest.GoToAsync(nodes[1]);
            guest.HasResumed();
            Assert.Empty(guest.View.Errors);
            await guest.EqualsDatabaseAsync(nodes[0]);
            met += isAhead ? 1 : 0;
            await guest.GoToAsync(nodes[0]);
            guest.HasResumed();
        }

        Assert.Equal(3, met);
    }

    [Fact]
    public async Task Rule_18_what_a_request_committed_at_one_node_is_sent_to_a_client_of_another_before_it_is_said_to_be()
    {
        await using var nodes = await ShopNodes.StartAsync(server, map: MapRename);
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[1]);
        nodes.Lines[1].Delay = TimeSpan.FromMilliseconds(20);
        await RenamesAreSeenAsync(nodes[0], guest, 10);
    }

    [Fact]
    public async Task Rule_18_what_a_node_has_committed_whose_clock_is_behind_is_sent_before_it_is_said_to_be()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 1, map: MapRename);
        var clock = new LeapingClock();
        clock.Set(TimeSpan.FromMinutes(-1));
        await nodes.AddAsync(services => services.AddSingleton<TimeProvider>(clock));
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        nodes.Lines[0].Delay = TimeSpan.FromMilliseconds(100);
        await RenamesAreSeenAsync(nodes[1], guest, 3);
    }

    private static void MapRename(WebApplication app)
    {
        app.UseLiveHubTransactionHeader();
        app.MapPost("/items/1/{name}", async (string name, ShopDb db) =>
        {
            (await db.Items.SingleAsync(i => i.Id == 1)).Name = name;
            await db.SaveChangesAsync();
        });
    }

    private static async Task RenamesAreSeenAsync(Shop writer, Guest guest, int count)
    {
        using var http = new HttpClient();
        for (var i = 0; i < count; i++)
        {
            using var answer = await http.PostAsync(new Uri($"{writer.App.Urls.Single()}/items/1/name{i}"), content: null);
            await guest.UntilSeenAsync(answer.EnsureSuccessStatusCode().Headers.GetValues(LiveHubHeaderNames.Transaction).Single());
            Assert.Equal($"name{i}", guest.NameOf(1));
        }
    }
}
