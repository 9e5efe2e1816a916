using System.Text;

namespace LiveHub.Redis;

/// <summary>
/// What StackExchange.Redis says while it connects, as far as it tells why it could not. Its exception does so only where it was waiting for an answer on the connection at the very moment
/// that this was refused; a thread that comes later gets one without a reason.
/// </summary>
internal sealed class ConnectLog : TextWriter
{
    private volatile bool _hasRefusedPassword;

    public override Encoding Encoding => Encoding.Unicode;

    /// <summary>Whether the server has said that it does not know who asks.</summary>
    public bool HasRefusedPassword => _hasRefusedPassword;

    public override void WriteLine(string? value)
    {
        if (value is not null && RedisFaultException.IsRefusedPassword(value))
        {
            _hasRefusedPassword = true;
        }
    }
}
