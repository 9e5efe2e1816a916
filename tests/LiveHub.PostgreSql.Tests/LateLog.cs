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

    public Position Begin => Log.Begin;

    public Position Head => Log.Head;

    public TransactionId Horizon => Log.Horizon;

    public DateTimeOffset? SilentSince => Log.SilentSince;

    public Task StartAsync(CancellationToken cancellationToken) => Log.StartAsync(cancellationToken);

    public Task WaitUntilHeardAsync(CancellationToken cancellationToken) => Log.WaitUntilHeardAsync(cancellationToken);

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

    public ValueTask<Position> ReadHeadAsync(TransactionId shown, CancellationToken cancellationToken) => Log.ReadHeadAsync(shown, cancellationToken);

    public IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken) => Log.ReadAsync(after, cancellationToken);
}
