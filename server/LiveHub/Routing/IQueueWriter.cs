namespace LiveHub.Routing;

/// <summary>Who writes what waits in a <see cref="SendQueue"/>. Called by the router, which must not wait.</summary>
internal interface IQueueWriter
{
    /// <summary>Is to write what waits.</summary>
    /// <param name="here">On the caller's thread, where nobody writes already.</param>
    void Flush(bool here);

    /// <summary>Is to end the connection.</summary>
    /// <param name="reason">One of <see cref="Diagnostics.Resets"/>.</param>
    void GiveUp(string reason);
}
