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

    /// <summary>The database has to be asked.</summary>
    private static readonly TimeSpan KnownPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Ticket, byte> _open = new();

    /// <summary>The database may commit from now on, and its answer will say so.</summary>
    public Ticket Open() => Open(new(this, transaction: null, hurry: null));

    /// <summary>Somebody else commits, whenever they like, and it will be heard of later. It concerns snapshots that see the transaction.</summary>
    /// <param name="hurry">Finds out how it ended.</param>
    public Ticket Open(TransactionId transaction, Action hurry) => Open(new(this, transaction, hurry));

    /// <param name="seen">What the snapshot shows; null where nobody knows, or it does not matter.</param>
    /// <exception cref="TimeoutException">It shows a transaction of which nobody could find out in time how it ended.</exception>
    public async Task WaitAsync(TransactionSnapshot? seen, CancellationToken cancellationToken)
    {
        var tickets = _open.Keys.Where(t => t.Concerns(seen)).ToLookup(t => t.IsKnown);
        if (tickets.Count == 0)
        {
            return;
        }

        foreach (var known in tickets[true])
        {
            known.Hurry();
        }

        try
        {
            await Task.WhenAll(tickets[false].Select(t => t.Closed)).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Abandoned, or held up in the database: nothing that this snapshot could have seen.
            foreach (var ticket in tickets[false])
            {
                _open.TryRemove(ticket, out _);
            }
        }

        // These have ended: who asks hears of it, however busy the machine is.
        await Task.WhenAll(tickets[true].Select(t => t.Closed)).WaitAsync(KnownPatience, time, cancellationToken);
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

        /// <summary>Whether its transaction's number is known.</summary>
        public bool IsKnown => transaction is not null;

        public bool Concerns(TransactionSnapshot? seen) => transaction is not { } id || seen?.Sees(id) is true;

        public void Hurry() => hurry?.Invoke();

        public void Close()
        {
            window._open.TryRemove(this, out _);
            _closed.TrySetResult();
        }
    }
}
