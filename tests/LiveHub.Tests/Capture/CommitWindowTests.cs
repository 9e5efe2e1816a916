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

    [Theory, InlineData(true), InlineData(false)]
    public async Task G5_whoever_waits_for_a_transaction_waits_for_the_window_that_it_goes_on_with(bool isSnapshot)
    {
        var (cancellationToken, stamp) = (TestContext.Current.CancellationToken, new Stamp(20, new(11)));
        var commit = _window.Open(new TransactionId(9), WroteAll);
        var waiting = isSnapshot ? _window.WaitAsync(Seen, cancellationToken) : _window.WaitForEarlierAsync(new(), stamp);
        var inTurn = _window.Open(new TransactionId(9), WroteAll);
        commit.Close();
        await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(TimeSpan.FromMilliseconds(100), cancellationToken));
        inTurn.Close();
        await waiting;
    }

    [Fact]
    public async Task G5_what_is_known_of_a_command_only_when_it_is_to_be_published_holds_snapshots_up_too()
    {
        var command = _window.Open();
        var waiting = _window.WaitAsync(Seen, TestContext.Current.CancellationToken);
        var inTurn = _window.Open(new TransactionId(9), WroteAll);
        command.Close();
        await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
        inTurn.Close();
        await waiting;
    }

    private static bool WroteAll(ChangesetBuilder later, Stamp stamp) => true;

    private static bool WroteNothing(ChangesetBuilder later, Stamp stamp) => false;
}
