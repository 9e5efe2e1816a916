using System.Data.Common;
using LiveHub.Snapshots;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests.Hubs;

/// <summary>A long snapshot that does not come to its end leaves nothing behind.</summary>
public sealed partial class LongSnapshotTests
{
    [Fact]
    public async Task C6_what_is_closed_on_its_way_is_not_sent_to_its_end_and_leaves_nothing_behind()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        var (client, view) = await OnItsWayAsync(shop, measured);
        await using var _ = client;
        await client.SendAsync("""{"type":"unsubscribe","ids":[1]}""");
        await shop.AddShelfAsync("after that");
        await client.UntilAsync(view, v => v.Dropped == 1 && v.Rows(2)?.Count == 3);
        Assert.Empty(view.Unfinished);
        Assert.InRange(view.RowsInParts, 1, Long - 1);
        await IsFreeAsync(shop, measured);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"id\":5,\"entity\":\"Item\",\"where\":{\"shelfId\":2}},")]
    public async Task C6_what_is_closed_on_its_way_and_opened_again_gets_rows_of_its_own(string beside)
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);

        // The shape has its number for as long as anybody shows it.
        await using var other = await RawClient.ConnectAsync(shop.HubUrl);
        await other.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":1}");
        await other.UntilAsync(new(), v => v.Rows(1) is not null);
        var (client, view) = await OnItsWayAsync(shop, measured, "{\"id\":6,\"entity\":\"Item\",\"where\":{\"shelfId\":1}}," + beside);
        await using var _ = client;
        await client.SendAsync("""{"type":"unsubscribe","ids":[6]}""");
        await client.SendAsync("""{"type":"subscribe","subscriptions":[{"id":7,"entity":"Item","where":{"shelfId":1}}]}""");
        await shop.RenameAsync(1, "renamed");
        await client.UntilAsync(view, v => v.Rows(7) is not null);
        Assert.Equal((Long, "renamed"), (view.Rows(7)!.Count, (string?)view.Rows(7)!["1"]["name"]));
        await client.UntilAsync(view, v => v.Rows(1)?.Count == Long && (beside.Length == 0 || v.Rows(5)?.Count == 0));
        await IsFreeAsync(shop, measured);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task C6_a_client_that_goes_while_a_long_snapshot_is_read_or_on_its_way_leaves_nothing_behind(bool isRead)
    {
        var gate = new ReadGate("\"Items\"");
        await using var shop = await StartAsync(services: gate.Attach);
        using var measured = new Measured(shop.App.Services);
        if (isRead)
        {
            var (client, view) = await OnItsWayAsync(shop, measured);
            await client.UntilAsync(view, v => v.RowsInParts > 0);
            client.Abort();
            await client.DisposeAsync();
        }
        else
        {
            await AddAsync(shop, Long, 20_000);
            gate.Close();
            await using var client = await RawClient.ConnectAsync(shop.HubUrl);
            await client.SubscribeAsync(1, "Item");
            await gate.Waiting;
            client.Abort();
        }

        await IsFreeAsync(shop, measured);
        await Until.TrueAsync(() => measured["livehub.connections"] == 0, measured.ToString);
        Assert.Equal(isRead ? 1 : 0, measured["livehub.snapshots.cut"]);
    }

    [Fact]
    public async Task C6_what_is_read_to_its_end_when_nobody_waits_any_longer_leaves_nothing_behind()
    {
        var gate = new CommitGate();
        await using var shop = await StartAsync(services: services => services.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(gate)));
        using var measured = new Measured(shop.App.Services);
        await AddAsync(shop, Long, 20_000);
        gate.IsClosed = true;
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await gate.Waiting.Task;
        client.Abort();
        await Until.TrueAsync(() => SnapshotsOf(shop).Count == (0, 0), () => $"{SnapshotsOf(shop).Count}");
        Assert.True(measured["livehub.spool.bytes"] > 0);
        gate.Open.SetResult();
        await IsFreeAsync(shop, measured);
    }

    [Fact]
    public async Task G12_without_room_for_temporary_files_the_client_is_told_to_ask_again_and_goes_live_when_there_is()
    {
        var log = new LogLines();
        var folder = Directory.CreateTempSubdirectory("livehub-test-");
        try
        {
            await using var shop = await StartAsync(folder, log);
            using var measured = new Measured(shop.App.Services);
            folder.Delete();
            await AddAsync(shop, Long, 20_000);
            await using var client = await RawClient.ConnectAsync(shop.HubUrl);
            await client.SubscribeAsync(1, "Item");
            var view = await client.UntilAsync(new(), v => v.Errors.Count == 1);
            Assert.Equal(("snapshot_failed", true), ((string?)view.Errors[0]["code"], view.Errors[0]["retryMs"] is not null));
            Assert.Contains(5, log.Events);
            await IsFreeAsync(shop, measured);

            folder.Create();
            await client.SubscribeAsync(1, "Item");
            await client.UntilAsync(view, v => v.Rows(1)?.Count == Long);
            await IsFreeAsync(shop, measured);
            Assert.Empty(folder.GetFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task G12_rows_that_cannot_be_read_back_are_asked_for_again_and_the_connection_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only on Linux can a file without a name be spoilt.");
        var log = new LogLines();
        var folder = Directory.CreateTempSubdirectory("livehub-test-");
        try
        {
            await using var shop = await StartAsync(folder, log);
            using var measured = new Measured(shop.App.Services);
            var (client, view) = await OnItsWayAsync(shop, measured);
            await using var _ = client;
            await using (var file = new FileStream(Assert.Single(OpenFiles.In(folder.FullName)).Handle, FileMode.Open, FileAccess.Write))
            {
                file.SetLength(0);
            }

            await client.UntilAsync(view, v => v.Errors.Count == 1);
            Assert.Equal(("snapshot_failed", 1, 1), ((string?)view.Errors[0]["code"], (int?)view.Errors[0]["id"], view.Dropped));
            Assert.Contains(5, log.Events);
            await shop.AddShelfAsync("and on");
            await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);
            await IsFreeAsync(shop, measured);
            Assert.Empty(OpenFiles.In(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>With temporary files in a folder of its own.</summary>
    private Task<Shop> StartAsync(DirectoryInfo folder, LogLines log) => StartAsync(services: services =>
    {
        services.AddLogging(l => l.AddProvider(log));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<SpoolFolder>(s, folder.FullName));
    });

    /// <summary>Keeps a transaction from ending while it is closed, whoever goes meanwhile.</summary>
    private sealed class CommitGate : DbTransactionInterceptor
    {
        public bool IsClosed { get; set; }

        public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            if (IsClosed)
            {
                Waiting.TrySetResult();
                await Open.Task;
            }

            return result;
        }
    }
}
