using System.Collections.Concurrent;

namespace LiveHub.Tests.Snapshots;

/// <summary>Time passes when a test says so.</summary>
internal sealed class StoppedClock : TimeProvider
{
    private readonly ConcurrentDictionary<Alarm, Action> _alarms = new();

    public List<TimeSpan> Asked { get; } = [];

    /// <summary>Whatever waits for a time, that time has come.</summary>
    public void TimeIsUp()
    {
        foreach (var ring in _alarms.Values)
        {
            ring();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Asked.Add(dueTime);
        var alarm = new Alarm(this);
        _alarms[alarm] = () => callback(state);
        return alarm;
    }

    private sealed class Alarm(StoppedClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => clock._alarms.TryRemove(this, out _);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
