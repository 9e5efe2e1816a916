using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>What a node took along that went without a word, others show after they have begun anew (docs/decisions/0018).</summary>
public sealed class LostNodeTests(PostgresServer server)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task G11_after_a_node_went_without_a_word_with_what_it_had_saved_everybody_begins_anew(bool isCutOff)
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 0, configure: redis => redis.CommandTimeout = TimeSpan.FromMilliseconds(500));
        for (var i = 0; i < 2; i++)
        {
            await nodes.AddAsync(services => services
                .AddSingleton(s =>
                {
                    var log = ActivatorUtilities.CreateInstance<RedisBackplane>(s);
                    log.NodeTimeout = TimeSpan.FromSeconds(1);
                    return log;
                })
                .AddSingleton<IBackplane>(s => s.GetRequiredService<RedisBackplane>()));
        }

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
}
