using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Backplane;

public sealed class MemoryBackplaneTests : BackplaneSpecification
{
    private readonly Clock _clock = new();
    private MemoryBackplane? _log;

    private protected override Task<IBackplane> NodeAsync()
        => Task.FromResult<IBackplane>(_log is null ? _log = Create(Retention) : throw new InvalidOperationException("It has one node."));

    private protected override Task<IBackplane> OtherLogAsync() => Task.FromResult<IBackplane>(Create(Retention));

    private protected override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task No_more_bytes_are_kept_than_the_limit()
    {
        var log = Create(new() { Bytes = 1000 });
        AppendSized(log, 50, 300);
        Assert.Equal(3, await KeptAsync(log));
        AppendSized(log, 1, 900);
        Assert.Equal(1, await KeptAsync(log));
        AppendSized(log, 10, 100);
        Assert.Equal(10, await KeptAsync(log));
    }

    [Fact]
    public async Task No_older_entries_are_kept_than_the_age()
    {
        var log = Create(new() { Age = TimeSpan.FromMinutes(1) });
        Append(log, 5);
        _clock.Advance(TimeSpan.FromSeconds(40));
        Append(log, 5);
        Assert.Equal(10, await KeptAsync(log));
        _clock.Advance(TimeSpan.FromSeconds(21));
        Append(log, 1);
        Assert.Equal(6, await KeptAsync(log));
    }

    [Fact]
    public void A_ring_buffer_keeps_its_order_while_it_grows_and_turns()
    {
        var buffer = new RingBuffer<int>();
        var expected = new List<int>();
        for (var i = 0; i < 1000; i++)
        {
            buffer.Add(i);
            expected.Add(i);
            if (i % 3 != 0 && i < 700)
            {
                buffer.RemoveFirst();
                expected.RemoveAt(0);
            }

            Assert.Equal(expected.Count, buffer.Count);
            Assert.Equal(expected[0], buffer[0]);
            Assert.Equal(expected[^1], buffer[buffer.Count - 1]);
        }

        Assert.Equal(expected, Enumerable.Range(0, buffer.Count).Select(i => buffer[i]));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer[buffer.Count]);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer[-1]);
        Assert.Throws<InvalidOperationException>(() => new RingBuffer<int>().RemoveFirst());
    }

    private static void AppendSized(MemoryBackplane log, int count, long sizeBytes)
        => Enumerable.Range(0, count).ToList().ForEach(_ => log.Append(Changeset() with { SizeBytes = sizeBytes }));

    private MemoryBackplane Create(LogRetention retention) => new(Options.Create(new LiveHubOptions { LogRetention = retention }), _clock);
}
