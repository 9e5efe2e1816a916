using System.Runtime.CompilerServices;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Capture;

/// <summary>
/// What SaveChanges writes: handed in by the context's database with each command, or read from the change tracker of the saves in progress.
/// </summary>
internal sealed class Saves(LiveModel model, Databases databases, OpenTransactions transactions, ChangesetPublisher publisher, CommitWindow window)
{
    private readonly ConditionalWeakTable<DbContext, Save> _inProgress = [];

    public OpenTransactions Transactions => transactions;

    /// <summary>Null where nothing of the context is exposed.</summary>
    public ContextModel? ModelOf(DbContext context) => model.For(context);

    public Database DatabaseOf(DbContext context) => databases.For(context.GetType());

    /// <summary>Whether a context is in the middle of a SaveChanges of which the database says nothing.</summary>
    public bool IsSaving(DbContext context) => _inProgress.TryGetValue(context, out _);

    /// <summary>Rows could not be understood; whoever says so has them read again.</summary>
    public void Unreadable(Exception exception, Entity entity) => publisher.Unreadable(exception, entity);

    public void Begin(DbContext? context)
    {
        if (context is null || ModelOf(context) is not { } exposed || DatabaseOf(context).CapturesSaves)
        {
            return;
        }

        Drop(context);
        if (PendingSave.Begin(exposed, context) is { IsEmpty: false } writes)
        {
            _inProgress.Add(context, new(writes, window.Open()));
        }
    }

    /// <summary>Held open by the database around a command that commits by itself.</summary>
    public CommitWindow Window => window;

    /// <summary>What was written could not be handed on.</summary>
    public void Lost(Exception exception, ChangesetBuilder writes) => publisher.Lost(exception, writes);

    public void Complete(DbContext? context)
    {
        if (context is null || !_inProgress.Remove(context, out var save))
        {
            return;
        }

        try
        {
            transactions.Add(context, save.Tracked.Complete(), stamp: null);
        }
        catch (Exception e)
        {
            // The data is saved; the caller must not be told otherwise.
            publisher.Lost(e, save.Tracked.InDoubt());
        }
        finally
        {
            save.Ticket.Close();
        }
    }

    public void Drop(DbContext? context)
    {
        if (context is not null && _inProgress.Remove(context, out var save))
        {
            save.Ticket.Close();
        }
    }
}
