using System.Diagnostics.Metrics;
using LiveHub.Diagnostics;
using LiveHub.Tests.Backplane;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveHub.Redis.Tests.Backplane;

public sealed class OutgoingQueueTests
{
    private readonly OutgoingQueue _queue = new(
        maxCount: 2,
        maxBytes: 1 << 20,
        new LiveHubMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), TimeProvider.System, new(NullLogger<LiveHubMetrics>.Instance)),
        TimeProvider.System);

    [Fact]
    public void Whoever_waits_for_the_same_waits_for_one_thing_however_many_they_are()
    {
        Assert.True(_queue.FlushAsync().IsCompleted);
        _queue.Add(Changeset());
        Assert.Same(_queue.FlushAsync(), _queue.FlushAsync());
    }

    [Fact]
    public async Task What_was_seen_of_a_database_is_not_given_up_with_the_changesets()
    {
        var sighting = new Outgoing(null, null, new(new("Shop", "first", 1), IsAnother: false));
        _queue.Add(Changeset());
        _queue.Add(sighting);
        _queue.Add(Changeset());
        Assert.False(_queue.Add(Changeset()));
        await Assert.ThrowsAsync<AnotherLogException>(() => _queue.PeekAsync(10, 1 << 20, TestContext.Current.CancellationToken));
        Assert.True(_queue.IsLost);
        _queue.TakeLoss();
        Assert.Same(sighting, Assert.Single(await _queue.PeekAsync(10, 1 << 20, TestContext.Current.CancellationToken)));
        _queue.Sent([sighting]);
        Assert.True(_queue.FlushAsync().IsCompleted);
    }

    private static Outgoing Changeset() => new(Samples.Changeset(Samples.Book(1)), null);
}
