using System.Collections.Concurrent;
using LiveHub.Changes;

namespace LiveHub.Capture;

/// <summary>
/// The time between the moment in which the database may commit a transaction of this process and the moment in which its
/// changeset is in the log. A snapshot may see what is committed and not yet in the log: it waits until every window that
/// was open when it ended has closed, so that the log holds all that it saw (rule 9).
/// </summary>
internal sealed class CommitWindow(TimeProvider time)
{
    /// <summary>Longer than the way from a commit's answer to the log ever takes; a save that waits for a lock has committed nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Ticket, byte> _open = new();

    /// <summary>The database may commit from now on, and its answer will say so.</summary>
    public Ticket Open() => Open(new(this, transaction: null, hurry: null));

    /// <summary>Somebody else commits, whenever they like, and it will be heard of later. It concerns snapshots that see the transaction.</summary>
    /// <param name="hurry">Finds out how it ended.</param>
    public Ticket Open(TransactionId transaction, Action hurry) => Open(new(this, transaction, hurry));

    /// <param name="seen">What the snapshot shows; null where nobody knows, or it does not matter.</param>
    public async Task WaitAsync(TransactionSnapshot? seen, CancellationToken cancellationToken)
    {
        var tickets = _open.Keys.Where(t => t.Concerns(seen)).ToList();
        if (tickets.Count == 0)
        {
            return;
        }

        try
        {
            tickets.ForEach(t => t.Hurry());
            await Task.WhenAll(tickets.Select(t => t.Closed)).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Abandoned, or held up in the database: nothing that this snapshot could have seen.
            foreach (var ticket in tickets)
            {
                _open.TryRemove(ticket, out _);
            }
        }
    }

    private Ticket Open(Ticket ticket)
    {
        _open.TryAdd(ticket, 0);
        return ticket;
    }

    internal sealed class Ticket(CommitWindow window, TransactionId? transaction, Action? hurry)
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Closed => _closed.Task;

        public bool Concerns(TransactionSnapshot? seen) => transaction is not { } id || seen?.Sees(id) is true;

        public void Hurry() => hurry?.Invoke();

        public void Close()
        {
            window._open.TryRemove(this, out _);
            _closed.TrySetResult();
        }
    }
}
