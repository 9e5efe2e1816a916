using LiveHub.Backplane;

namespace LiveHub.Tests.Backplane;

public abstract partial class BackplaneSpecification
{
    [Fact]
    public async Task Rule_8_a_new_epoch_holds_nothing_of_the_old_one_and_whoever_stood_at_the_head_is_told()
    {
        var log = await NodeAsync();
        var epoch = log.Epoch;
        await AppendAsync(log, 3);
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
    public async Task Rule_8_offsets_do_not_start_again_in_a_new_epoch()
    {
        var log = await NodeAsync();
        await AppendAsync(log, 3);
        var before = await log.ReadHeadAsync(Stopping);
        log.BeginEpoch();
        var appended = await AppendAsync(log, 2);
        var head = await log.ReadHeadAsync(Stopping);
        Assert.True(head.Offset >= before.Offset + 2);
        Assert.Equal(appended.Select(c => c.Id), (await log.ReadRangeAsync(head.Offset - 2, head.Offset, Stopping))!.Select(e => e.Changeset.Id));
    }

    [Fact]
    public async Task Rule_8_who_reads_from_any_place_of_the_old_epoch_is_told()
    {
        var log = await NodeAsync();
        await AppendAsync(log, 3);
        log.BeginEpoch();
        await AppendAsync(log, 10);
        for (var after = 0; after <= 3; after++)
        {
            await Assert.ThrowsAsync<LogTrimmedException>(() => TakeAsync(log, after, 1));
        }
    }

    [Fact]
    public async Task Rule_8_an_epoch_that_begins_on_an_empty_log_is_another_one_too()
    {
        var log = await NodeAsync();
        var epoch = log.Epoch;
        log.BeginEpoch();
        await AppendAsync(log, 1);
        Assert.NotEqual(epoch, log.Epoch);
        await Assert.ThrowsAsync<LogTrimmedException>(() => TakeAsync(log, 0, 1));
    }

    [Fact]
    public async Task Rule_8_a_database_that_is_another_than_was_known_begins_an_epoch_and_one_that_is_merely_seen_does_not()
    {
        var log = await NodeAsync();
        var epoch = log.Epoch;
        var seen = new DatabaseHistory("Shop", "first", 100);
        log.Observe(seen, isAnother: false);
        log.Observe(seen with { Version = 200 }, isAnother: false);
        await AppendAsync(log, 3);
        Assert.Equal((epoch, 3L), (log.Epoch, (await log.ReadHeadAsync(Stopping)).Offset));

        log.Observe(seen with { History = "second" }, isAnother: true);
        await AppendAsync(log, 1);
        await log.ReadHeadAsync(Stopping);
        Assert.NotEqual(epoch, log.Epoch);
        await Assert.ThrowsAsync<LogTrimmedException>(() => TakeAsync(log, 3, 1));
    }

    [Fact]
    public async Task Rule_8_a_reader_who_goes_on_from_the_head_sees_all_that_is_appended_after_the_epoch_began()
    {
        var node = new LogNode(await NodeAsync(), Stopping);
        for (var i = 0; i < 5; i++)
        {
            node.Append(50);
            node.Log.BeginEpoch();
            node.Append(50);
        }

        await LogNode.ConvergeAsync([node]);
        Assert.NotEmpty(node.Resets);
    }
}
