using LiveHub.Backplane;
using LiveHub.PostgreSql.Tests;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>Rule 11 on several nodes: one reads what another has committed and not yet published.</summary>
public sealed class HorizonTests(PostgresServer server)
{
    /// <param name="way">Where the client is when the log has it.</param>
    [Theory]
    [InlineData("where it read")]
    [InlineData("at the writer")]
    [InlineData("at a third node")]
    public async Task Rule_11_a_change_that_a_snapshot_of_another_node_shows_and_that_is_published_late_takes_nothing_back(string way)
    {
        var late = new LateLog();
        await using var nodes = await ShopNodes.StartAsync(server, count: 1);
        await nodes.AddAsync(services => services
            .AddSingleton<RedisBackplane>()
            .AddSingleton<IBackplane>(s => late.Around(s.GetRequiredService<RedisBackplane>())));
        await nodes.AddAsync();
        await nodes[0].AddItemsAsync(1, "cup");

        // Held up between its commit and the log, while a program that LiveHub does not see writes after it.
        late.HoldsUp = true;
        await nodes[1].RenameAsync(1, "held up");
        await PostgresServer.ExecuteAsync(nodes[0].ConnectionString, """update "Items" set "Name" = 'newest' where "Id" = 1""");
        await using var guest = await Guest.AtAsync(nodes[0]);
        Assert.Equal("newest", guest.NameOf(1));
        if (way != "where it read")
        {
            await guest.GoToAsync(nodes[way == "at the writer" ? 1 : 2]);
            guest.HasResumed();
        }

        late.LetGo();
        await nodes.SettleAsync(guest);
        Assert.Equal("newest", guest.NameOf(1));
    }
}
