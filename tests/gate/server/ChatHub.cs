using Microsoft.AspNetCore.SignalR;

namespace GateServer;

/// <summary>A hub of the application's own, with a method of the same name as LiveHub's: connections are taken, and nothing is said.</summary>
internal sealed class ChatHub : Hub
{
    public void Send(object message) => ArgumentNullException.ThrowIfNull(message);
}
