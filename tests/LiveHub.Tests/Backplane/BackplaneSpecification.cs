using LiveHub.Backplane;
using LiveHub.Changes;

namespace LiveHub.Tests.Backplane;

/// <summary>What every log keeps, whatever holds it.</summary>
public abstract class BackplaneSpecification : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    protected CancellationToken Stopping => _stopping.Token;

    /// <summary>A log that has forgotten the first of <paramref name="appended"/> entries, and how many it still holds.</summary>
    private protected abstract Task<(IBackplane Log, int Kept)> CreateTrimmedAsync(int appended);

    private protected abstract Task<IBackplane> CreateAsync();

    [Fact]
    public async Task Rule_13_offsets_are_contiguous_from_1()
    {
        var log = await CreateAsync();
        Append(log, 20);
        Assert.Equal(Enumerable.Range(1, 20).Select(o => (long)o), (await TakeAsync(log, 0, 20)).Select(e => e.Position.Offset));
    }

    [Fact]
    public async Task Rule_13_entries_come_in_the_order_in_which_they_were_appended()
    {
        var log = await CreateAsync();
        var appended = Append(log, 20);
        Assert.Equal(appended.Select(c => c.Id), (await TakeAsync(log, 0, 20)).Select(e => e.Changeset.Id));
    }

    [Fact]
    public async Task Rule_14_every_entry_has_a_tag_of_its_own()
    {
        var log = await CreateAsync();
        var other = await CreateAsync();
        Append(log, 50);
        Append(other, 50);
        var tags = (await TakeAsync(log, 0, 50)).Concat(await TakeAsync(other, 0, 50)).Select(e => e.Position.Tag).ToList();
        Assert.Equal(tags.Count, tags.Distinct().Count());
    }

    [Fact]
    public async Task Rule_14_two_logs_have_two_epochs()
    {
        var log = await CreateAsync();
        Assert.NotEmpty(log.Epoch);
        Assert.NotEqual(log.Epoch, (await CreateAsync()).Epoch);
    }

    [Fact]
    public async Task Rule_8_a_new_epoch_holds_nothing_of_the_old_one_and_whoever_stood_at_the_head_is_told()
    {
        var log = await CreateAsync();
        var epoch = log.Epoch;
        Append(log, 3);
        await using var reader = log.ReadAsync(3, Stopping).GetAsyncEnumerator(Stopping);
        var next = reader.MoveNextAsync();
        log.BeginEpoch();
        Append(log, 1);

        await Assert.ThrowsAsync<LogTrimmedException>(async () => await next);
        Assert.NotEqual(epoch, log.Epoch);
        var head = await log.ReadHeadAsync(Stopping);
        Assert.Null(await log.ReadRangeAsync(2, head.Offset, Stopping));
        Assert.Single(await TakeAsync(log, head.Offset - 1, 1));
    }

    [Fact]
    public async Task An_empty_log_has_its_head_before_the_first_entry()
        => Assert.Equal(0, (await (await CreateAsync()).ReadHeadAsync(Stopping)).Offset);

    [Fact]
    public async Task The_head_is_past_everything_that_this_process_has_appended()
    {
        var log = await CreateAsync();
        for (var i = 1; i <= 10; i++)
        {
            Append(log, 1);
            Assert.True((await log.ReadHeadAsync(Stopping)).Offset >= i);
        }

        Assert.Equal((await TakeAsync(log, 9, 1))[0].Position, await log.ReadHeadAsync(Stopping));
    }

    [Fact]
    public async Task A_reader_gets_what_comes_after_its_offset()
    {
        var log = await CreateAsync();
        Append(log, 10);
        Assert.Equal([8L, 9, 10], (await TakeAsync(log, 7, 3)).Select(e => e.Position.Offset));
    }

    [Fact]
    public async Task A_reader_at_the_head_waits_and_wakes_at_the_next_entry()
    {
        var log = await CreateAsync();
        Append(log, 3);
        await using var reader = log.ReadAsync(3, Stopping).GetAsyncEnumerator(Stopping);
        for (var offset = 4; offset < 10; offset++)
        {
            var next = reader.MoveNextAsync();
            Assert.False(next.IsCompleted);
            Append(log, 1);
            Assert.True(await next);
            Assert.Equal(offset, reader.Current.Position.Offset);
        }
    }

    [Fact]
    public async Task Several_readers_each_get_every_entry_once()
    {
        var log = await CreateAsync();
        var readers = Enumerable.Range(0, 4).Select(i => TakeAsync(log, 0, 200)).ToList();
        for (var i = 0; i < 200; i++)
        {
            Append(log, 1);
            await Task.Yield();
        }

        foreach (var entries in await Task.WhenAll(readers))
        {
            Assert.Equal(Enumerable.Range(1, 200).Select(o => (long)o), entries.Select(e => e.Position.Offset));
        }
    }

    [Fact]
    public async Task Concurrent_appends_are_all_there_once_and_each_in_its_own_order()
    {
        var log = await CreateAsync();
        var appended = new List<Changeset>[4];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => appended[i] = Append(log, 100), Stopping)));
        var entries = await TakeAsync(log, 0, 400);
        Assert.Equal(Enumerable.Range(1, 400).Select(o => (long)o), entries.Select(e => e.Position.Offset));
        var places = entries.ToDictionary(e => e.Changeset.Id, e => e.Position.Offset);
        Assert.Equal(400, places.Count);
        Assert.All(appended, mine => Assert.Equal(mine.Select(c => places[c.Id]).Order(), mine.Select(c => places[c.Id])));
    }

    [Fact]
    public async Task A_reader_that_waits_can_be_cancelled()
    {
        var log = await CreateAsync();
        using var cancel = new CancellationTokenSource();
        await using var reader = log.ReadAsync(0, cancel.Token).GetAsyncEnumerator(cancel.Token);
        var next = reader.MoveNextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task A_reader_that_is_cancelled_ends_although_there_is_more()
    {
        var log = await CreateAsync();
        Append(log, 1);
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var entry in log.ReadAsync(0, cancel.Token))
            {
                Append(log, 1);
                if (entry.Position.Offset == 5)
                {
                    await cancel.CancelAsync();
                }

                Assert.True(entry.Position.Offset < 100);
            }
        });
    }

    [Fact]
    public async Task A_range_is_what_lies_after_one_offset_up_to_and_with_another()
    {
        var log = await CreateAsync();
        Append(log, 10);
        Assert.Equal([4L, 5, 6], (await log.ReadRangeAsync(3, 6, Stopping))!.Select(e => e.Position.Offset));
        Assert.Equal(10, (await log.ReadRangeAsync(0, 10, Stopping))!.Count);
        Assert.Empty((await log.ReadRangeAsync(10, 10, Stopping))!);
        Assert.Empty((await log.ReadRangeAsync(7, 3, Stopping))!);
    }

    [Fact]
    public async Task A_range_does_not_change_when_more_is_appended()
    {
        var log = await CreateAsync();
        Append(log, 3);
        var range = (await log.ReadRangeAsync(0, 3, Stopping))!;
        Append(log, 3);
        Assert.Equal(3, range.Count);
    }

    [Fact]
    public async Task Rule_13_a_range_that_was_trimmed_is_null()
    {
        var (log, kept) = await CreateTrimmedAsync(20);
        var first = 20 - kept + 1;
        Assert.InRange(first, 2, 20);
        Assert.Null(await log.ReadRangeAsync(0, 20, Stopping));
        Assert.Null(await log.ReadRangeAsync(first - 2, 20, Stopping));
        Assert.Equal(kept, (await log.ReadRangeAsync(first - 1, 20, Stopping))!.Count);
    }

    [Fact]
    public async Task Rule_13_a_reader_is_told_that_its_place_was_trimmed()
    {
        var (log, kept) = await CreateTrimmedAsync(20);
        var first = 20 - kept + 1;
        var fault = await Assert.ThrowsAsync<LogTrimmedException>(() => TakeAsync(log, first - 2, 1));
        Assert.Contains(" " + first.ToString(System.Globalization.CultureInfo.InvariantCulture), fault.Message, StringComparison.Ordinal);
        Assert.Contains("retention", fault.Message, StringComparison.Ordinal);
        Assert.Equal(first, (await TakeAsync(log, first - 1, 1))[0].Position.Offset);
    }

    [Fact]
    public async Task Trimming_changes_neither_offsets_nor_the_head()
    {
        var (log, _) = await CreateTrimmedAsync(20);
        Assert.Equal(20, (await log.ReadHeadAsync(Stopping)).Offset);
        Append(log, 1);
        Assert.Equal(21, (await log.ReadHeadAsync(Stopping)).Offset);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static Changeset Changeset(long sizeBytes = 100) => new(ChangesetId.New(TimeProvider.System.GetUtcNow()), null, [], [], sizeBytes);

    private protected static List<Changeset> Append(IBackplane log, int count, long sizeBytes = 100)
    {
        var appended = Enumerable.Range(0, count).Select(_ => Changeset(sizeBytes)).ToList();
        appended.ForEach(log.Append);
        return appended;
    }

    private protected async Task<List<LogEntry>> TakeAsync(IBackplane log, long after, int count)
    {
        var taken = new List<LogEntry>();
        await foreach (var entry in log.ReadAsync(after, Stopping))
        {
            taken.Add(entry);
            if (taken.Count == count)
            {
                break;
            }
        }

        return taken;
    }
}
