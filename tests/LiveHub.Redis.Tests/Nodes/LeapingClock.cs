namespace LiveHub.Redis.Tests.Nodes;

/// <summary>The real clock, which a test makes leap: what waits for long need not be waited for.</summary>
internal sealed class LeapingClock : TimeProvider
{
    private long _ahead;
    private long _wrong;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead) + Interlocked.Read(ref _wrong));

    public override long GetTimestamp() => base.GetTimestamp() + (long)(TimeSpan.FromTicks(Interlocked.Read(ref _ahead)).TotalSeconds * TimestampFrequency);

    /// <summary>Somebody sets the clock: no time has passed.</summary>
    public void Set(TimeSpan by) => Interlocked.Add(ref _wrong, by.Ticks);

    public void Leap(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);
}
