using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Backplane;

/// <summary>What every log keeps, whatever holds it; seen from one node. What several nodes of one log see is the specification of a shared log.</summary>
public abstract partial class BackplaneSpecification : IAsyncDisposable
{
    /// <summary>After this a log that should have answered has not.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    protected CancellationToken Stopping => _stopping.Token;

    /// <summary>How far back this test's log reaches; set before its first node is made.</summary>
    private protected LogRetention Retention { get; set; } = new();

    /// <summary>A node of this test's log, ready to read and append. It ends with the test.</summary>
    private protected abstract Task<IBackplane> NodeAsync();

    /// <summary>A node of another log.</summary>
    private protected abstract Task<IBackplane> OtherLogAsync();

    /// <summary>Time goes on, as the log sees it.</summary>
    private protected abstract Task PassAsync(TimeSpan time);

    [Fact]
    public async Task Rule_13_offsets_are_contiguous_from_1()
    {
        var log = await NodeAsync();
        Append(log, 20);
        Assert.Equal(Enumerable.Range(1, 20).Select(o => (long)o), (await TakeAsync(log, 0, 20)).Select(e => e.Position.Offset));
    }

    [Fact]
    public async Task Rule_13_entries_come_in_the_order_in_which_they_were_appended()
    {
        var log = await NodeAsync();
        var appended = Append(log, 1_000);
        Assert.Equal(appended.Select(c => c.Id), (await TakeAsync(log, 0, 1_000)).Select(e => e.Changeset.Id));
    }

    [Fact]
    public async Task Rule_14_every_entry_has_a_tag_of_its_own()
    {
        var log = await NodeAsync();
        var other = await OtherLogAsync();
        Append(log, 50);
        Append(other, 50);
        var tags = (await TakeAsync(log, 0, 50)).Concat(await TakeAsync(other, 0, 50)).Select(e => e.Position.Tag).ToList();
        Assert.Equal(tags.Count, tags.Distinct().Count());
    }

    [Fact]
    public async Task Rule_14_two_logs_have_two_epochs_and_nothing_in_common()
    {
        var log = await NodeAsync();
        var other = await OtherLogAsync();
        Assert.NotEmpty(log.Epoch);
        Assert.NotEqual(log.Epoch, other.Epoch);
        await AppendAsync(log, 5);
        var appended = await AppendAsync(other, 1);
        Assert.Equal(1, (await other.ReadHeadAsync(Stopping)).Offset);
        Assert.Equal(appended[0].Id, (await TakeAsync(other, 0, 1))[0].Changeset.Id);
    }

    [Fact]
    public async Task An_empty_log_has_its_head_before_the_first_entry()
        => Assert.Equal(0, (await (await NodeAsync()).ReadHeadAsync(Stopping)).Offset);

    [Fact]
    public async Task The_head_is_past_everything_that_this_process_has_appended()
    {
        var log = await NodeAsync();
        for (var i = 1; i <= 10; i++)
        {
            Append(log, 1);
            Assert.True((await log.ReadHeadAsync(Stopping)).Offset >= i);
        }

        Assert.Equal((await TakeAsync(log, 9, 1))[0].Position, await log.ReadHeadAsync(Stopping));
    }

    [Fact]
    public async Task Concurrent_appends_are_all_there_once_and_each_in_its_own_order()
    {
        var log = await NodeAsync();
        var appended = new List<Changeset>[4];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => appended[i] = Append(log, 100), Stopping)));
        var entries = await TakeAsync(log, 0, 400);
        Assert.Equal(Enumerable.Range(1, 400).Select(o => (long)o), entries.Select(e => e.Position.Offset));
        var places = entries.ToDictionary(e => e.Changeset.Id, e => e.Position.Offset);
        Assert.Equal(400, places.Count);
        Assert.All(appended, mine => Assert.Equal(mine.Select(c => places[c.Id]).Order(), mine.Select(c => places[c.Id])));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await EndAsync();
        _stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The test is over.</summary>
    private protected virtual ValueTask EndAsync() => default;

    /// <summary>A changeset of one row, with a text of some length.</summary>
    private protected static Changeset Changeset(int length = 10) => Samples.Changeset(Samples.Book(1, new('x', length)));

    private protected static List<Changeset> Append(IBackplane log, int count, int length = 10)
    {
        var appended = Enumerable.Range(0, count).Select(_ => Changeset(length)).ToList();
        appended.ForEach(log.Append);
        return appended;
    }

    /// <summary>Completes when they are in the log.</summary>
    private protected async Task<List<Changeset>> AppendAsync(IBackplane log, int count, int length = 10)
    {
        var appended = Append(log, count, length);
        var head = await log.ReadHeadAsync(Stopping).AsTask().WaitAsync(Patience, Stopping);
        await Until.TrueAsync(() => log.Head.Offset >= head.Offset, () => $"The node is at {log.Head}, and the log at {head}.", Patience);
        return appended;
    }

    private protected async Task<List<LogEntry>> TakeAsync(IBackplane log, long after, int count)
    {
        var taken = new List<LogEntry>();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        patience.CancelAfter(Patience);
        try
        {
            await foreach (var entry in log.ReadAsync(after, patience.Token))
            {
                taken.Add(entry);
                if (taken.Count == count)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (!Stopping.IsCancellationRequested)
        {
            Assert.Fail($"Of {count} entries after {after}, {taken.Count} came.");
        }

        return taken;
    }
}
