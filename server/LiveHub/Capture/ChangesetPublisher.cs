using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using Microsoft.Extensions.Logging;

namespace LiveHub.Capture;

/// <summary>Brings what a committed transaction wrote into the log. Nothing here throws: the commit is done.</summary>
internal sealed class ChangesetPublisher(IBackplane backplane, ILogger<ChangesetPublisher> logger)
{
    private readonly Lock _lock = new();
    private long _version;

    public void Publish(OpenTransaction committed)
    {
        if (committed.End() is { } writes)
        {
            Publish(writes, committed.Stamp);
        }
    }

    public void Publish(ChangesetBuilder committed, Stamp? stamp)
    {
        try
        {
            if (stamp is { } known)
            {
                Append(committed.Build(Guid.NewGuid(), known.Transaction, known.Version));
                return;
            }

            // Without stamps, versions count the changesets of this process; the lock keeps the log in their order.
            lock (_lock)
            {
                if (Append(committed.Build(Guid.NewGuid(), transaction: null, _version + 1)))
                {
                    _version++;
                }
            }
        }
        catch (Exception e)
        {
            Lost(e, committed);
        }
    }

    /// <summary>What was saved could not be brought into the log: whatever it may have touched is read again.</summary>
    public void Lost(Exception exception, ChangesetBuilder? committed)
    {
        logger.PublishFailed(exception);
        try
        {
            committed?.Doubt(0);
            Append(committed?.Build(Guid.NewGuid(), transaction: null, version: 0));
        }
        catch (Exception e)
        {
            logger.PublishFailed(e);
        }
    }

    private bool Append(Changeset? changeset)
    {
        if (changeset is not null)
        {
            backplane.Append(changeset);
        }

        return changeset is not null;
    }
}
