using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.PostgreSql.Capture;

/// <summary>What becomes of a batch's rows when it has ended, one way or the other.</summary>
internal sealed class BatchEnd(DbContext context, Saves saves, BatchPlan plan)
{
    /// <summary>The database has taken all of it; nothing may fail the save any more.</summary>
    public void Captured(CapturedRows rows)
    {
        try
        {
            var writes = rows.ToChanges();
            Invalidate(plan.Unread, writes);
            foreach (var (entity, fault) in rows.Unreadable)
            {
                saves.Unreadable(fault, entity);
            }

            saves.Transactions.Add(context, writes, rows.Stamp);
        }
        catch (Exception e)
        {
            saves.Lost(e, InDoubt());
        }
    }

    /// <param name="backend">The server's process, where it was known before.</param>
    public void Failed(Exception exception, int? backend)
    {
        if (!OpenTransactions.IsInTransaction(context))
        {
            if (!IsUndone(exception))
            {
                saves.Transactions.Doubt(context, InDoubt(), backend);
            }

            return;
        }

        if (!IsUndone(exception))
        {
            // After a conflict the other statements hold, unless a savepoint takes them back.
            saves.Transactions.Add(context, InDoubt(), stamp: null);
        }

        saves.Transactions.MarkFailed(context, context.Database.CurrentTransaction?.GetDbTransaction());
    }

    private ChangesetBuilder InDoubt()
    {
        var writes = new ChangesetBuilder();
        Invalidate(plan.Touched, writes);
        return writes;
    }

    /// <summary>The server said no to the command as a whole, or the one statement of it found no row.</summary>
    private bool IsUndone(Exception exception)
        => saves.DatabaseOf(context).IsRefusal(exception) || (exception is DbUpdateConcurrencyException && plan.Commands.Count == 1);

    private static void Invalidate(IEnumerable<Entity> entities, ChangesetBuilder writes)
    {
        foreach (var entity in entities)
        {
            writes.Add(Invalidation.Of(entity));
        }
    }
}
