using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Tests.Snapshots;

namespace LiveHub.Tests.Capture;

public sealed class CommitWindowTests
{
    /// <summary>Shows every transaction below 10.</summary>
    private static readonly TransactionSnapshot Seen = new(new(10), new(10), []);

    private readonly StoppedClock _clock = new();
    private readonly CommitWindow _window;
    private int _hurried;

    public CommitWindowTests() => _window = new(_clock);

    [Fact]
    public async Task G5_a_snapshot_waits_for_a_transaction_that_it_shows_until_its_end_is_known()
    {
        var ticket = _window.Open(new TransactionId(9), WroteNothing, () => _hurried++);
        var waiting = _window.WaitAsync(Seen, TestContext.Current.CancellationToken);
        Assert.Equal(1, _hurried);
        Assert.Equal([TimeSpan.FromSeconds(10)], _clock.Asked);
        Assert.False(waiting.IsCompleted);
        ticket.Close();
        await waiting;
    }

    [Fact]
    public async Task G5_rather_than_half_a_transaction_a_snapshot_shows_nothing()
    {
        _ = _window.Open(new TransactionId(9), WroteNothing, () => { });
        var waiting = _window.WaitAsync(Seen, TestContext.Current.CancellationToken);
        _clock.TimeIsUp();
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
    }

    [Fact]
    public void A_transaction_that_a_snapshot_does_not_show_holds_nobody_up()
    {
        _ = _window.Open(new TransactionId(10), WroteNothing, () => _hurried++);
        Assert.True(_window.WaitAsync(Seen, TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        Assert.Equal(0, _hurried);
    }

    [Fact]
    public async Task A_commit_of_which_only_this_process_knows_is_waited_for_a_second_and_no_more()
    {
        _ = _window.Open();
        var waiting = _window.WaitAsync(Seen, TestContext.Current.CancellationToken);
        Assert.Equal([TimeSpan.FromSeconds(1)], _clock.Asked);
        _clock.TimeIsUp();
        await waiting;
        Assert.True(_window.WaitAsync(Seen, TestContext.Current.CancellationToken).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task What_never_says_how_it_ended_holds_snapshots_up_once()
    {
        _ = _window.Open(new TransactionId(9), WroteNothing);
        var waiting = _window.WaitAsync(Seen, TestContext.Current.CancellationToken);
        _clock.TimeIsUp();
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        Assert.True(_window.WaitAsync(Seen, TestContext.Current.CancellationToken).IsCompletedSuccessfully);
    }

    private static bool WroteNothing(ChangesetBuilder later, Stamp stamp) => false;
}
