using System.Collections.Concurrent;
using System.Diagnostics;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Hubs;

public sealed class ActivityTests(PostgresServer server)
{
    [Fact]
    public async Task A_changeset_is_routed_in_the_trace_of_whoever_saved_it_and_snapshots_are_measured()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        var ended = new ConcurrentQueue<Activity>();
        using var source = new ActivitySource(Guid.NewGuid().ToString());
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s == source || s.Name == "LiveHub",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);

        using var request = source.StartActivity("request")!;
        await shop.RenameAsync(1, "bowl");
        request.Stop();
        await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "bowl");

        await Until.TrueAsync(() => Routed().Any(), () => string.Join(", ", ended.Select(a => a.OperationName)));
        var routed = Assert.Single(Routed());
        Assert.Equal((ActivityKind.Consumer, request.SpanId, 1, 1), (routed.Kind, routed.ParentSpanId, routed.GetTagItem("livehub.changes"), routed.GetTagItem("livehub.connections")));
        Assert.Contains(ended, a => a.OperationName == "livehub.snapshot" && Equals(a.GetTagItem("livehub.shapes"), 1) && Equals(a.GetTagItem("livehub.rows"), 1));

        IEnumerable<Activity> Routed() => ended.Where(a => a.OperationName == "livehub.route" && a.TraceId == request.TraceId);
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("started")]
    [InlineData("stopped")]
    public async Task A_listener_that_throws_stops_nothing(string when)
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        var heard = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == "LiveHub",
            Sample = (ref _) => Throw("sample", ActivitySamplingResult.AllData),
            ActivityStarted = _ => Throw("started", 0),
            ActivityStopped = _ => Throw("stopped", 0),
        };
        ActivitySource.AddActivityListener(listener);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        foreach (var name in (string[])["bowl", "plate"])
        {
            await shop.RenameAsync(1, name);
            await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == name);
        }

        Assert.True(shop.Router.IsRunning);
        Assert.True(Volatile.Read(ref heard) >= 3);

        T Throw<T>(string what, T otherwise)
        {
            if (what != when)
            {
                return otherwise;
            }

            Interlocked.Increment(ref heard);
            throw new InvalidOperationException("A listener's own fault.");
        }
    }
}
