using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace BenchClient;

/// <summary>Many connections to one side.</summary>
internal sealed class Crowd : IDisposable
{
    private const int OpenedAtOnce = 50;

    private static readonly TimeSpan PingPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Side _side;
    private readonly List<CountingConnection> _connections = [];
    private readonly Timer _pings;
    private TaskCompletionSource<long> _done = new();
    private int _missing;

    private Crowd(Side side)
    {
        _side = side;
        _pings = new(_ => _connections.ForEach(connection => connection.Ping()), null, Timeout.InfiniteTimeSpan, PingPeriod);
    }

    public static async Task<Crowd> OpenAsync(Uri url, Side side, int count)
    {
        var crowd = new Crowd(side);
        for (var i = 0; i < count; i += OpenedAtOnce)
        {
            // The first one keeps what it gets, so that it can be read.
            var opening = Enumerable.Range(i, Math.Min(OpenedAtOnce, count - i)).Select(n => CountingConnection.OpenAsync(url, side, keeps: n == 0, crowd.Arrived, crowd.Failed));
            crowd._connections.AddRange(await Task.WhenAll(opening).WaitAsync(Limit));
        }

        crowd._pings.Change(PingPeriod, PingPeriod);
        return crowd;
    }

    /// <summary>So many rows are about to come to each connection.</summary>
    public void Expect(long rows)
    {
        _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _missing = _connections.Count;
        _connections.ForEach(connection => connection.Expect(rows));
    }

    /// <summary>When the last row came, the bytes of all connections, and a hash of what one of them was told, row by row.</summary>
    public async Task<object> WaitAsync()
    {
        var end = await _done.Task.WaitAsync(Limit);
        var rows = _connections[0].Kept.SelectMany(_side.Rows).ToList();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rows)));
        return new { end, bytes = _connections.Sum(c => c.Bytes), read = rows.Count, rows = Convert.ToHexStringLower(hash) };
    }

    public void Dispose()
    {
        _pings.Dispose();
        _connections.ForEach(connection => connection.Dispose());
    }

    private void Arrived()
    {
        if (Interlocked.Decrement(ref _missing) == 0)
        {
            _done.TrySetResult(Stopwatch.GetTimestamp());
        }
    }

    private void Failed(Exception exception) => _done.TrySetException(exception);
}
