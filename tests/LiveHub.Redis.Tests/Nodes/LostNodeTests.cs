using System.Globalization;
using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>What a node took along that went without a word, others show after they have begun anew (docs/decisions/0018).</summary>
public sealed class LostNodeTests(PostgresServer server)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task G11_after_a_node_went_without_a_word_with_what_it_had_saved_everybody_begins_anew(bool isCutOff)
    {
        await using var nodes = await StartAsync();
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        if (isCutOff)
        {
            nodes.Lines[1].Cut();
            await Until.TrueAsync(() => !nodes[1].Log.WaitUntilHeardAsync(default).IsCompleted, () => "It still hears Redis.");
        }

        await nodes[1].RenameAsync(1, "saved last");
        nodes.Lines[1].Cut();
        await nodes.LoseAsync(1);
        await guest.UntilSentAwayAsync();
    }

    [Fact]
    public async Task G11_a_node_that_is_stopped_before_it_learns_how_a_transaction_ended_takes_no_leave()
    {
        await using var nodes = await StartAsync();
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        await using var connection = new NpgsqlConnection(nodes[0].ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var db = nodes[1].ContextOn(connection))
        {
            await db.Database.UseTransactionAsync(transaction);
            (await db.Items.SingleAsync()).Name = "committed at last";
            await db.SaveChangesAsync();
        }

        await nodes.LoseAsync(1);
        await transaction.CommitAsync();
        await guest.UntilSentAwayAsync();
        await guest.GoToAsync(nodes[0]);
        Assert.Equal("committed at last", guest.NameOf(1));
    }

    [Fact]
    public async Task G11_a_node_that_went_without_a_word_is_missed_though_Redis_was_emptied_and_it_had_not_come_back_to_it()
    {
        await using var nodes = await StartAsync(TimeSpan.FromSeconds(5));
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        await UntilAllHaveLookedAsync(nodes);
        await UntilAllHaveLookedAsync(nodes);
        nodes.Lines[1].Cut();
        await nodes.Redis.ExecuteAsync("FLUSHALL");
        await guest.UntilSentAwayAsync();
        await guest.GoToAsync(nodes[0]);

        await nodes[1].RenameAsync(1, "saved last");
        await nodes.LoseAsync(1);
        await guest.UntilSentAwayAsync();
        await guest.GoToAsync(nodes[0]);
        await nodes.SettleAsync(guest);
    }

    [Fact]
    public async Task A_node_that_is_stopped_with_nothing_left_to_tell_costs_nobody_anything()
    {
        await using var nodes = await StartAsync();
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = await Guest.AtAsync(nodes[0]);
        await nodes[1].RenameAsync(1, "saved last");
        await nodes.LoseAsync(1);
        await Task.Delay(TimeSpan.FromSeconds(2));
        await guest.UntilAsync(_ => guest.NameOf(1) == "saved last");
        await nodes.SettleAsync(guest);
        Assert.Null(guest.RetryMs);
    }

    /// <summary>Every node has said that it is there, and seen who else has, since this was called.</summary>
    private static async Task UntilAllHaveLookedAsync(ShopNodes nodes)
    {
        var since = (await TimesAsync(nodes)).Max();
        while (await TimesAsync(nodes) is var times && (times.Length < 2 || times.Min() <= since))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<long[]> TimesAsync(ShopNodes nodes)
        => [.. ((object?[])(await nodes.Redis.ExecuteAsync("HVALS", "{livehub}:nodes"))!).Select(t => long.Parse(((string)t!).TrimEnd('+'), CultureInfo.InvariantCulture))];

    private async Task<ShopNodes> StartAsync(TimeSpan? nodeTimeout = null)
    {
        var nodes = await ShopNodes.StartAsync(server, count: 0, configure: redis => redis.CommandTimeout = TimeSpan.FromMilliseconds(500));
        for (var i = 0; i < 2; i++)
        {
            await nodes.AddAsync(services => services
                .AddSingleton(s =>
                {
                    var log = ActivatorUtilities.CreateInstance<RedisBackplane>(s);
                    log.NodeTimeout = nodeTimeout ?? TimeSpan.FromSeconds(1);
                    return log;
                })
                .AddSingleton<IBackplane>(s => s.GetRequiredService<RedisBackplane>()));
        }

        return nodes;
    }
}
