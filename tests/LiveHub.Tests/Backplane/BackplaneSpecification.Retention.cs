using System.Globalization;
using LiveHub.Backplane;

namespace LiveHub.Tests.Backplane;

public abstract partial class BackplaneSpecification
{
    [Fact]
    public async Task Rule_13_no_more_entries_are_kept_than_the_count()
    {
        Retention = new() { Count = 7 };
        var log = await NodeAsync();
        await AppendAsync(log, 5);
        Assert.Equal(5, await KeptAsync(log));
        await AppendAsync(log, 95);
        Assert.Equal(7, await KeptAsync(log));
    }

    [Fact]
    public async Task Rule_13_no_more_bytes_are_kept_than_the_limit()
    {
        Retention = new() { Bytes = 1 << 20 };
        var log = await NodeAsync();
        await AppendAsync(log, 30, length: 200_000);
        Assert.InRange(await KeptAsync(log), 1, 5);
        await AppendAsync(log, 100);
        Assert.InRange(await KeptAsync(log), 101, 105);
    }

    [Fact]
    public async Task Rule_13_no_older_entries_are_kept_than_the_age()
    {
        Retention = new() { Age = TimeSpan.FromSeconds(2) };
        var log = await NodeAsync();
        await AppendAsync(log, 5);
        await PassAsync(TimeSpan.FromSeconds(3));
        await AppendAsync(log, 1);
        Assert.Equal(1, await KeptAsync(log));
    }

    [Fact]
    public async Task Rule_13_the_newest_entry_is_kept_whatever_its_size_and_age()
    {
        Retention = new() { Count = 1, Bytes = 1, Age = TimeSpan.FromTicks(1) };
        var log = await NodeAsync();
        await AppendAsync(log, 3, length: 1 << 20);
        await PassAsync(TimeSpan.FromMilliseconds(10));
        Assert.Equal(1, await KeptAsync(log));
        Assert.Equal(1 << 20, ((string)(await TakeAsync(log, 2, 1))[0].Changeset.Changes[0].After![Samples.Title]!).Length);
    }

    [Fact]
    public async Task Rule_13_a_range_that_was_trimmed_is_null()
    {
        var log = await TrimmedAsync();
        Assert.Null(await log.ReadRangeAsync(0, 20, Stopping));
        Assert.Null(await log.ReadRangeAsync(14, 20, Stopping));
        Assert.Equal(5, (await log.ReadRangeAsync(15, 20, Stopping))!.Count);
    }

    [Fact]
    public async Task Rule_13_a_reader_is_told_that_its_place_was_trimmed()
    {
        var log = await TrimmedAsync();
        var fault = await Assert.ThrowsAsync<LogTrimmedException>(() => TakeAsync(log, 14, 1));
        Assert.Contains(" " + 16.ToString(CultureInfo.InvariantCulture), fault.Message, StringComparison.Ordinal);
        Assert.Contains("retention", fault.Message, StringComparison.Ordinal);
        Assert.Equal(16, (await TakeAsync(log, 15, 1))[0].Position.Offset);
    }

    [Fact]
    public async Task Rule_13_a_slow_reader_is_told_that_its_place_was_trimmed_meanwhile()
    {
        Retention = new() { Count = 5 };
        var log = await NodeAsync();
        await AppendAsync(log, 1);
        await using var reader = log.ReadAsync(0, Stopping).GetAsyncEnumerator(Stopping);
        Assert.True(await reader.MoveNextAsync());
        await AppendAsync(log, 100);

        // What it was given before is in order still; nothing is left out without a word.
        var last = reader.Current.Position.Offset;
        await Assert.ThrowsAsync<LogTrimmedException>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
                Assert.Equal(++last, reader.Current.Position.Offset);
                Assert.True(last < 96, "it was given what comes after what was trimmed");
            }
        });
    }

    [Fact]
    public async Task Trimming_changes_neither_offsets_nor_the_head()
    {
        var log = await TrimmedAsync();
        Assert.Equal(20, (await log.ReadHeadAsync(Stopping)).Offset);
        Append(log, 1);
        Assert.Equal(21, (await log.ReadHeadAsync(Stopping)).Offset);
    }

    /// <summary>A log of 20 entries that holds the last 5.</summary>
    private async Task<IBackplane> TrimmedAsync()
    {
        Retention = new() { Count = 5 };
        var log = await NodeAsync();
        await AppendAsync(log, 20);
        return log;
    }

    private protected async Task<int> KeptAsync(IBackplane log)
    {
        var head = (await log.ReadHeadAsync(Stopping)).Offset;
        var kept = 0;
        while (kept < head && await log.ReadRangeAsync(head - kept - 1, head, Stopping) is { } range)
        {
            Assert.Equal(++kept, range.Count);
        }

        return kept;
    }
}
