using System.Runtime;

namespace FuzzServer;

/// <summary>How the server is. Taking it collects all garbage.</summary>
/// <param name="LiveBytes">What is reachable.</param>
/// <param name="Faults">What was logged since the last time.</param>
public sealed record State(long Connections, long Subscriptions, long QueueBytes, long Failures, long LiveBytes, IReadOnlyList<string> Faults)
{
    public static State Take(Meters meters, Faults faults)
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new(
            meters["livehub.connections"], meters["livehub.subscriptions"], meters["livehub.queue.bytes"], meters["livehub.failures"],
            GC.GetTotalMemory(forceFullCollection: true), faults.Take());
    }
}
