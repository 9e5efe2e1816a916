namespace LiveHub.Tests.Infrastructure;

/// <summary>A clock that a test moves on.</summary>
internal sealed class Clock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
