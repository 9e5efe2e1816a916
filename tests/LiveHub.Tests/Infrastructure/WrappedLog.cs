using LiveHub.Backplane;
using LiveHub.Changes;

namespace LiveHub.Tests.Infrastructure;

/// <summary>A log that is another one, but for what is made different on the way.</summary>
internal abstract class WrappedLog : IBackplane
{
    public string Epoch => Inner.Epoch;

    public Position Begin => Inner.Begin;

    public Position Head => Inner.Head;

    public TransactionId Horizon => Inner.Horizon;

    public TimeSpan Skew => Inner.Skew;

    public DateTimeOffset? SilentSince => Inner.SilentSince;

    protected abstract IBackplane Inner { get; }

    public Task StartAsync(CancellationToken cancellationToken) => Inner.StartAsync(cancellationToken);

    public Task WaitUntilHeardAsync(CancellationToken cancellationToken) => Inner.WaitUntilHeardAsync(cancellationToken);

    public void BeginEpoch() => Inner.BeginEpoch();

    public DatabaseHistory? HistoryOf(string database) => Inner.HistoryOf(database);

    public void Observe(DatabaseHistory seen, bool isAnother) => Inner.Observe(seen, isAnother);

    public Task WaitUntilAskedAsync(CancellationToken cancellationToken) => Inner.WaitUntilAskedAsync(cancellationToken);

    public virtual void EndIncomplete() => Inner.EndIncomplete();

    public virtual void Append(Changeset changeset) => Inner.Append(changeset);

    public ValueTask<Position> ReadHeadAsync(TransactionId shown, CancellationToken cancellationToken) => Inner.ReadHeadAsync(shown, cancellationToken);

    public virtual IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken) => Inner.ReadAsync(after, cancellationToken);
}
