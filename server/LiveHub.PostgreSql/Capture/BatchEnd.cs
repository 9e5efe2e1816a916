using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql;

namespace LiveHub.PostgreSql.Capture;

/// <summary>What becomes of a batch's rows when it has ended, one way or the other.</summary>
internal sealed class BatchEnd(DbContext context, SaveInterceptor capture, RowSources sources, IReadOnlyList<IReadOnlyModificationCommand> commands)
{
    /// <summary>The database has taken all of it; nothing may fail the save any more.</summary>
    public void Captured(CapturedRows? rows)
    {
        if (rows is null)
        {
            return;
        }

        try
        {
            var writes = rows.ToChanges();
            foreach (var entity in Unread())
            {
                writes.Add(Invalidation.Of(entity));
            }

            capture.Transactions.Add(context, writes, rows.Stamp);
            capture.HandedOn(context);
        }
        catch (Exception e)
        {
            capture.Lost(e, InDoubt());
        }
    }

    /// <param name="backend">The server's process, where it was known before.</param>
    public void Failed(Exception exception, int? backend)
    {
        if (context.Database.CurrentTransaction is not null || OpenTransactions.Ambient(context) is not null)
        {
            if (!IsUndone(exception))
            {
                // After a conflict the other statements hold, unless a savepoint takes them back.
                capture.Transactions.Add(context, InDoubt(), stamp: null);
            }

            capture.Transactions.MarkFailed(context, context.Database.CurrentTransaction?.GetDbTransaction());
        }
        else if (!IsUndone(exception))
        {
            // The command was its own transaction, and its answer did not come.
            var doubtful = new OpenTransaction(context.GetType(), OpenTransactions.NameOf(context)) { Backend = backend };
            doubtful.Add(InDoubt(), stamp: null);
            capture.Resolver.Resolve(doubtful);
        }
    }

    private ChangesetBuilder InDoubt()
    {
        var writes = new ChangesetBuilder();
        var cascades = commands.SelectMany(sources.CascadesOf).ToList();
        var written = commands.SelectMany(sources.Find).Concat(cascades.Select(c => c.Source));
        foreach (var entity in written.Select(s => s.Entity).Concat(cascades.SelectMany(c => c.Further)).Distinct())
        {
            writes.Add(Invalidation.Of(entity));
        }

        return writes;
    }

    /// <summary>The server said no to the command as a whole, or the one statement of it found no row.</summary>
    private bool IsUndone(Exception exception)
        => exception.GetBaseException() is PostgresException || (exception is DbUpdateConcurrencyException && commands.Count == 1);

    /// <summary>Entities that are written by stored procedures or reached by cascades, and whose rows nobody can read in the same command.</summary>
    private IEnumerable<Entity> Unread()
        => commands.Where(c => c.StoreStoredProcedure is not null).SelectMany(sources.Find).Select(s => s.Entity)
            .Concat(commands.SelectMany(sources.CascadesOf).Where(c => c.ParentKey is null).SelectMany(c => c.Further.Prepend(c.Source.Entity)))
            .Distinct();
}
