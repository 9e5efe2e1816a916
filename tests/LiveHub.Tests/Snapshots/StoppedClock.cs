namespace LiveHub.Tests.Snapshots;

/// <summary>Time passes when a test says so.</summary>
internal sealed class StoppedClock : TimeProvider
{
    private Action? _ring;

    public List<TimeSpan> Asked { get; } = [];

    public void TimeIsUp() => _ring?.Invoke();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Asked.Add(dueTime);
        _ring = () => callback(state);
        return new Alarm();
    }

    private sealed class Alarm : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
