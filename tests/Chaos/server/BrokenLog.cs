using System.Collections.Immutable;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;

namespace ChaosServer;

/// <summary>A log in which one rule does not hold: what reads it is to be found out.</summary>
/// <param name="what">
/// <c>version</c>: a change that was published late is taken for the newest of its row (rule 6); <c>tombstone</c>: one of a row that was deleted meanwhile is taken for a new row (rule 7);
/// <c>snapshot</c>: every snapshot seems to show every transaction (rules 10 and 11); <c>transaction</c>: each row for itself (rule 18).
/// </param>
internal sealed class BrokenLog(IBackplane log, string what) : IBackplane
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Entity, KeyValues), Change> _newest = [];

    public string Epoch => log.Epoch;

    public Position Begin => log.Begin;

    public Position Head => log.Head;

    public TransactionId Horizon => log.Horizon;

    public DateTimeOffset? SilentSince => log.SilentSince;

    public Task StartAsync(CancellationToken cancellationToken) => log.StartAsync(cancellationToken);

    public Task WaitUntilHeardAsync(CancellationToken cancellationToken) => log.WaitUntilHeardAsync(cancellationToken);

    public void BeginEpoch() => log.BeginEpoch();

    public void Append(Changeset changeset)
    {
        lock (_lock)
        {
            switch (what)
            {
                case "version" or "tombstone":
                    // Without the transaction, no snapshot tells that it is old.
                    var changes = changeset.Changes.Select(Forget).ToImmutableArray();
                    log.Append(changeset with { Changes = changes, Transaction = changes.SequenceEqual(changeset.Changes) ? changeset.Transaction : null });
                    break;
                case "snapshot":
                    log.Append(changeset with { Transaction = changeset.Transaction is null ? null : new TransactionId(1) });
                    break;
                case "transaction":
                    foreach (var change in changeset.Changes)
                    {
                        log.Append(changeset with { Id = ChangesetId.New(DateTimeOffset.UtcNow), Changes = [change], Invalidations = [] });
                    }

                    log.Append(changeset with { Changes = ImmutableArray<Change>.Empty });
                    break;
                default:
                    throw new InvalidOperationException($"There is no rule '{what}'.");
            }
        }
    }

    public ValueTask<Position> ReadHeadAsync(TransactionId shown, CancellationToken cancellationToken) => log.ReadHeadAsync(shown, cancellationToken);

    public IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken) => log.ReadAsync(after, cancellationToken);

    private Change Forget(Change change)
    {
        var row = (change.Entity, change.Key.Detach());
        var isDeletes = what == "tombstone";
        if (_newest.GetValueOrDefault(row) is { } newest && newest.Version > change.Version && newest.After is null == isDeletes && change.After is not null)
        {
            change = Change.Between(change.Entity, newest.Version + 1, isDeletes ? null : change.Before, change.After)!;
        }

        if (change.Version > (_newest.GetValueOrDefault(row)?.Version ?? 0))
        {
            _newest[row] = change;
        }

        return change;
    }
}
