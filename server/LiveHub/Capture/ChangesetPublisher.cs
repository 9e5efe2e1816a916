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

    public void Publish(ChangesetBuilder committed)
    {
        if (committed.IsEmpty)
        {
            return;
        }

        try
        {
            // Versions of this process count the changesets; the lock keeps the log in their order.
            lock (_lock)
            {
                if (committed.Build(Guid.NewGuid(), transaction: null, _version + 1) is { } changeset)
                {
                    _version++;
                    backplane.Append(changeset);
                }
            }
        }
        catch (Exception e)
        {
            Lost(e);
        }
    }

    /// <summary>What was saved could not be brought into the log.</summary>
    public void Lost(Exception exception) => logger.PublishFailed(exception);
}
