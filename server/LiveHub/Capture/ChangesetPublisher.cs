using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.Extensions.Logging;

namespace LiveHub.Capture;

/// <summary>Brings what a committed transaction wrote into the log. Nothing here throws: the commit is done.</summary>
internal sealed class ChangesetPublisher(IBackplane backplane, LiveHubMetrics metrics, ILogger<ChangesetPublisher> logger)
{
    private readonly Lock _lock = new();
    private long _version;

    public void Publish(OpenTransaction committed)
    {
        if (committed.End() is { } writes)
        {
            Publish(writes, committed.Stamp);
        }

        committed.Window?.Close();
    }

    public void Publish(ChangesetBuilder committed, Stamp? stamp)
    {
        try
        {
            if (stamp is { } known)
            {
                Append(committed.Build(NewId(), known.Transaction, known.Version));
                return;
            }

            // Without stamps, versions count the changesets of this process; the lock keeps the log in their order.
            lock (_lock)
            {
                if (Append(committed.Build(NewId(), transaction: null, _version + 1)))
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
        Report(exception);
        try
        {
            committed?.Doubt(0);
            Append(committed?.Build(NewId(), transaction: null, version: 0));
        }
        catch (Exception e)
        {
            Report(e);
        }
    }

    /// <summary>Rows of a save could not be understood; they are read again.</summary>
    public void Unreadable(Exception exception, Entity entity)
    {
        logger.RowUnreadable(entity.Name, exception);
        metrics.Failed(Stages.Capture, exception);
    }

    private void Report(Exception exception)
    {
        try
        {
            metrics.Failed(Stages.Capture, exception);
            logger.PublishFailed(exception);
        }
        catch (Exception)
        {
            // The application's own logger or listener; there is nobody else to tell.
        }
    }

    /// <summary>Unique, and no secret: Guid.NewGuid asks the operating system each time.</summary>
    private static Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        return new(bytes);
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
