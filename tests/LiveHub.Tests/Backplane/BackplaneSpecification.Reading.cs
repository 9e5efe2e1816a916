using LiveHub.Backplane;

namespace LiveHub.Tests.Backplane;

public abstract partial class BackplaneSpecification
{
    [Fact]
    public async Task A_reader_gets_what_comes_after_its_offset_whichever_that_is()
    {
        var log = await NodeAsync();
        var appended = Append(log, 10);
        for (var after = 0; after < 10; after++)
        {
            var entries = await TakeAsync(log, after, 10 - after);
            Assert.Equal(appended.Skip(after).Select(c => c.Id), entries.Select(e => e.Changeset.Id));
            Assert.Equal(after + 1, entries[0].Position.Offset);
        }
    }

    [Fact]
    public async Task A_reader_at_the_head_waits_and_wakes_at_the_next_entry()
    {
        var log = await NodeAsync();
        await AppendAsync(log, 3);
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
        var log = await NodeAsync();
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
    public async Task Readers_that_begin_in_the_middle_of_appends_miss_nothing()
    {
        var log = await NodeAsync();
        var readers = new List<Task<List<LogEntry>>>();
        for (var i = 0; i < 50; i++)
        {
            Append(log, 10);
            var head = await log.ReadHeadAsync(Stopping);
            Append(log, 10);
            readers.Add(Task.Run(() => TakeAsync(log, head.Offset, 1_000 - (int)head.Offset), Stopping));
        }

        var all = await TakeAsync(log, 0, 1_000);
        foreach (var entries in await Task.WhenAll(readers))
        {
            Assert.Equal(all.TakeLast(entries.Count).Select(e => e.Position), entries.Select(e => e.Position));
        }
    }

    [Fact]
    public async Task A_slow_reader_misses_nothing_and_holds_nobody_up()
    {
        var log = await NodeAsync();
        var taken = new List<long>();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = Task.Run(
            async () =>
            {
                await foreach (var entry in log.ReadAsync(0, Stopping))
                {
                    await gate.Task;
                    taken.Add(entry.Position.Offset);
                    if (taken.Count == 5_000)
                    {
                        return;
                    }
                }
            },
            Stopping);
        Append(log, 5_000);
        Assert.Equal(5_000, (await TakeAsync(log, 0, 5_000)).Count);
        Assert.Empty(taken);
        gate.SetResult();
        await slow;
        Assert.Equal(Enumerable.Range(1, 5_000).Select(o => (long)o), taken);
    }

    [Fact]
    public async Task A_reader_that_waits_can_be_cancelled()
    {
        var log = await NodeAsync();
        using var cancel = new CancellationTokenSource();
        await using var reader = log.ReadAsync(0, cancel.Token).GetAsyncEnumerator(cancel.Token);
        var next = reader.MoveNextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task A_reader_that_is_cancelled_ends_although_there_is_more()
    {
        var log = await NodeAsync();
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
    public async Task A_reader_that_is_cancelled_leaves_the_others_reading()
    {
        var log = await NodeAsync();
        using var cancel = new CancellationTokenSource();
        await using var reader = log.ReadAsync(0, cancel.Token).GetAsyncEnumerator(cancel.Token);
        var next = reader.MoveNextAsync();
        var others = Enumerable.Range(0, 3).Select(_ => TakeAsync(log, 0, 2)).ToList();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        Append(log, 2);
        Assert.All(await Task.WhenAll(others), entries => Assert.Equal(2, entries.Count));
    }

    [Fact]
    public async Task A_range_is_what_lies_after_one_offset_up_to_and_with_another()
    {
        var log = await NodeAsync();
        await AppendAsync(log, 10);
        Assert.Equal([4L, 5, 6], (await log.ReadRangeAsync(3, 6, Stopping))!.Select(e => e.Position.Offset));
        Assert.Equal(10, (await log.ReadRangeAsync(0, 10, Stopping))!.Count);
        Assert.Empty((await log.ReadRangeAsync(10, 10, Stopping))!);
        Assert.Empty((await log.ReadRangeAsync(7, 3, Stopping))!);
    }

    [Fact]
    public async Task A_range_holds_what_a_reader_gets()
    {
        var log = await NodeAsync();
        await AppendAsync(log, 500);
        var range = (await log.ReadRangeAsync(100, 500, Stopping))!;
        var read = await TakeAsync(log, 100, 400);
        Assert.Equal(read.Select(e => (e.Position, e.Changeset.Id)), range.Select(e => (e.Position, e.Changeset.Id)));
    }

    [Fact]
    public async Task A_range_does_not_change_when_more_is_appended()
    {
        var log = await NodeAsync();
        await AppendAsync(log, 3);
        var range = (await log.ReadRangeAsync(0, 3, Stopping))!;
        await AppendAsync(log, 3);
        Assert.Equal(3, range.Count);
    }
}
