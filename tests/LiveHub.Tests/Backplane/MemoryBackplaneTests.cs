using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Backplane;

public sealed class MemoryBackplaneTests : BackplaneSpecification
{
    private readonly Clock _clock = new();

    private protected override Task<IBackplane> CreateAsync() => Task.FromResult<IBackplane>(Create(new()));

    private protected override Task<(IBackplane Log, int Kept)> CreateTrimmedAsync(int appended)
    {
        var log = Create(new() { Count = 5 });
        Append(log, appended);
        return Task.FromResult<(IBackplane, int)>((log, 5));
    }

    [Fact]
    public async Task No_more_entries_are_kept_than_the_count()
    {
        var log = Create(new() { Count = 7 });
        Append(log, 100);
        Assert.Equal(7, await KeptAsync(log, 100));
    }

    [Fact]
    public async Task No_more_bytes_are_kept_than_the_limit()
    {
        var log = Create(new() { Bytes = 1000 });
        Append(log, 50, sizeBytes: 300);
        Assert.Equal(3, await KeptAsync(log, 50));
        Append(log, 1, sizeBytes: 900);
        Assert.Equal(1, await KeptAsync(log, 51));
        Append(log, 10, sizeBytes: 100);
        Assert.Equal(10, await KeptAsync(log, 61));
    }

    [Fact]
    public async Task No_older_entries_are_kept_than_the_age()
    {
        var log = Create(new() { Age = TimeSpan.FromMinutes(1) });
        Append(log, 5);
        _clock.Advance(TimeSpan.FromSeconds(40));
        Append(log, 5);
        Assert.Equal(10, await KeptAsync(log, 10));
        _clock.Advance(TimeSpan.FromSeconds(21));
        Append(log, 1);
        Assert.Equal(6, await KeptAsync(log, 11));
    }

    [Fact]
    public async Task The_newest_entry_is_kept_whatever_its_size_and_age()
    {
        var log = Create(new() { Bytes = 1, Count = 1, Age = TimeSpan.FromTicks(1) });
        Append(log, 3, sizeBytes: 1 << 20);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await KeptAsync(log, 3));
    }

    [Fact]
    public async Task A_range_beyond_the_head_is_a_fault()
    {
        var log = Create(new());
        Append(log, 1);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await log.ReadRangeAsync(0, 2, Stopping));
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

    private MemoryBackplane Create(LogRetention retention) => new(Options.Create(new LiveHubOptions { LogRetention = retention }), _clock);

    private async Task<int> KeptAsync(MemoryBackplane log, long head)
    {
        var kept = 0;
        while (await log.ReadRangeAsync(head - kept - 1, head, Stopping) is { } range && range.Count == kept + 1)
        {
            kept++;
            if (kept == head)
            {
                break;
            }
        }

        return kept;
    }
}
