using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ValuesServer;

/// <summary>What the server's own meter says of who is there, and the tokens with which they came.</summary>
public sealed class Counts : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _tokens = new(StringComparer.Ordinal);

    public Counts()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "LiveHub", Name: "livehub.connections" or "livehub.subscriptions" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        _listener.Start();
    }

    public object Now => new
    {
        connections = _sums.GetValueOrDefault("livehub.connections"),
        subscriptions = _sums.GetValueOrDefault("livehub.subscriptions"),
    };

    public IEnumerable<string> Tokens => _tokens.Keys;

    /// <summary>A browser's WebSockets and server-sent events have the token in the query, everything else in the header.</summary>
    public void Saw(HttpRequest request)
    {
        var token = request.Query["access_token"].FirstOrDefault() ?? request.Headers.Authorization.FirstOrDefault()?.Replace("Bearer ", "", StringComparison.Ordinal);
        if (token is not null)
        {
            _tokens[token] = true;
        }
    }

    public void Dispose() => _listener.Dispose();
}
