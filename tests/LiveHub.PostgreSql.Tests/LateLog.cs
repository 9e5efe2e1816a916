using LiveHub.Backplane;
using LiveHub.Changes;

namespace LiveHub.PostgreSql.Tests;

/// <summary>A log into which some changesets come late.</summary>
internal sealed class LateLog : IBackplane
{
    private readonly List<Changeset> _heldUp = [];
    private IBackplane? _log;

    public bool HoldsUp { get; set; }

    /// <summary>Called in the middle of an append, before the log has it.</summary>
    public Action OnAppend { get; set; } = () => { };

    public string Epoch => Log.Epoch;

    private IBackplane Log => _log ?? throw new InvalidOperationException("There is no log yet.");

    public LateLog Around(IBackplane log)
    {
        _log = log;
        return this;
    }

    public void BeginEpoch() => Log.BeginEpoch();

    public void Append(Changeset changeset)
    {
        OnAppend();
        if (HoldsUp)
        {
            _heldUp.Add(changeset);
        }
        else
        {
            Log.Append(changeset);
        }
    }

    public void LetGo()
    {
        HoldsUp = false;
        _heldUp.ForEach(Log.Append);
        _heldUp.Clear();
    }

    public ValueTask<Position> ReadHeadAsync(CancellationToken cancellationToken) => Log.ReadHeadAsync(cancellationToken);

    public IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken) => Log.ReadAsync(after, cancellationToken);

    public ValueTask<IReadOnlyList<LogEntry>?> ReadRangeAsync(long after, long through, CancellationToken cancellationToken)
        => Log.ReadRangeAsync(after, through, cancellationToken);
}
