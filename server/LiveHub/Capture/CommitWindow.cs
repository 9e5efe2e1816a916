using System.Collections.Concurrent;

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

    public Ticket Open()
    {
        var ticket = new Ticket(this);
        _open.TryAdd(ticket, 0);
        return ticket;
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var tickets = _open.Keys;
        try
        {
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

    internal sealed class Ticket(CommitWindow window)
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Closed => _closed.Task;

        public void Close()
        {
            window._open.TryRemove(this, out _);
            _closed.TrySetResult();
        }
    }
}
