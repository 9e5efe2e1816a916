using LiveHub.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace LiveHub.Hubs;

/// <summary>
/// When the application stops: takes nothing more in, and sends every client away when it has got what waits for it. Each is to come back a little later than
/// the other, so that they don't all fall upon the next node at once.
/// </summary>
internal sealed class Shutdown(SyncConnectionFactory connections, IHostApplicationLifetime lifetime, TimeProvider time, GuardedLogger<Shutdown> logger)
{
    /// <summary>How long they may take. SignalR ends the connections then, without what its pipes still hold.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private int _isRegistered;

    /// <summary>
    /// Hooks into the stop of the application. After SignalR has: what is registered last is called first, and SignalR ends the connections.
    /// </summary>
    public void Register()
    {
        if (Interlocked.Exchange(ref _isRegistered, 1) == 0)
        {
            lifetime.ApplicationStopping.Register(Stop);
        }
    }

    private void Stop()
    {
        try
        {
            connections.StopAsync().WaitAsync(Patience, time).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            logger.WentAway(connections.Count, Patience);
        }
    }
}
