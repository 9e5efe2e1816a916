using System.Runtime.CompilerServices;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Capture;

/// <summary>
/// The SaveChanges in progress. What they write is read from the change tracker, unless the context's database hands it in itself.
/// </summary>
internal sealed class Saves(LiveModel model, Databases databases, OpenTransactions transactions, ChangesetPublisher publisher, CommitWindow window)
{
    private readonly ConditionalWeakTable<DbContext, Save> _inProgress = [];

    public OpenTransactions Transactions => transactions;

    /// <summary>Null where nothing of the context is exposed.</summary>
    public ContextModel? ModelOf(DbContext context) => model.For(context);

    public Database DatabaseOf(DbContext context) => databases.For(context.GetType());

    /// <summary>Whether a context is in the middle of SaveChanges.</summary>
    public bool IsSaving(DbContext context) => _inProgress.TryGetValue(context, out _);

    public void Begin(DbContext? context)
    {
        if (context is null || ModelOf(context) is not { } exposed)
        {
            return;
        }

        Drop(context);
        if (DatabaseOf(context).CapturesSaves)
        {
            _inProgress.Add(context, new(null, window.Open()));
        }
        else if (PendingSave.Begin(exposed, context) is { IsEmpty: false } writes)
        {
            _inProgress.Add(context, new(writes, window.Open()));
        }
    }

    /// <summary>What a command of a save wrote, from the database itself.</summary>
    public void Add(DbContext context, ChangesetBuilder writes, Stamp stamp)
    {
        transactions.Add(context, writes, stamp);
        if (_inProgress.TryGetValue(context, out var save))
        {
            // Snapshots need not wait for the rest of it.
            save.Ticket.Close();
        }
    }

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
            if (save.Tracked is { } tracked)
            {
                transactions.Add(context, tracked.Complete(), stamp: null);
            }
        }
        catch (Exception e)
        {
            // The data is saved; the caller must not be told otherwise.
            publisher.Lost(e, save.Tracked?.InDoubt());
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
