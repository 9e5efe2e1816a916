using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ValuesServer;

/// <summary>What the server's own meter says of who is there.</summary>
public sealed class Counts : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = new(StringComparer.Ordinal);

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

    public void Dispose() => _listener.Dispose();
}
