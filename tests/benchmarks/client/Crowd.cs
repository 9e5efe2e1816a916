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

    private readonly Uri _url;
    private readonly string _side;
    private readonly Standing?[] _standings;
    private readonly bool[] _keepsRows;
    private readonly Timer _pings;
    private readonly HttpClient _http = new();
    private CountingConnection[] _connections = [];
    private List<CountingConnection> _stalled = [];
    private List<CountingConnection> _reading = [];
    private TaskCompletionSource<long> _done = new();
    private int _missing;

    /// <param name="url">The server's.</param>
    /// <param name="side">See <see cref="Side"/>.</param>
    /// <param name="count">How many connections.</param>
    /// <param name="standing">How many keep what they get and know what to go on from.</param>
    /// <param name="keepRows">How many of these keep rows too.</param>
    public Crowd(Uri url, string side, int count, int standing, int keepRows)
    {
        (_url, _side) = (url, side);
        _standings = [.. Enumerable.Range(0, count).Select(n => n < standing ? new Standing() : null)];
        _keepsRows = [.. Enumerable.Range(0, count).Select(n => n < keepRows)];
        _pings = new(_ => Array.ForEach(_connections, connection => connection.Ping()), null, Timeout.InfiniteTimeSpan, PingPeriod);
    }

    /// <summary>All connect, a few at a time.</summary>
    /// <param name="resumes">Whether they go on from what they have.</param>
    /// <returns>How long until the last was ready, and what they got.</returns>
    public async Task<object> OpenAsync(bool resumes)
    {
        var opened = new CountingConnection[_standings.Length];
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, opened.Length, new ParallelOptions { MaxDegreeOfParallelism = OpenedAtOnce }, async (n, _) =>
        {
            // The first one keeps what it gets, so that it can be read.
            var keeps = n == 0 || _standings[n] is not null;
            opened[n] = await CountingConnection.OpenAsync(_url, Side.Of(_side, n), keeps, _standings[n], resumes, Arrived, Failed);
        }).WaitAsync(Limit);
        var milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        _connections = opened;
        _reading = [.. opened];
        _pings.Change(PingPeriod, PingPeriod);
        return new { milliseconds, bytes = opened.Sum(c => c.Bytes), rows = opened.Sum(c => c.Rows) };
    }

    /// <summary>All connections end at once.</summary>
    /// <returns>How many of them had gone on from what they had, and a hash of what those show that keep rows.</returns>
    public object Cut()
    {
        _pings.Change(Timeout.InfiniteTimeSpan, PingPeriod);
        var connections = _connections;
        _connections = [];
        Array.ForEach(connections, connection => connection.Cut());
        for (var n = 0; n < connections.Length; n++)
        {
            connections[n].Settle(_keepsRows[n]);
            connections[n].Dispose();
        }

        return new { resumed = _standings.Count(s => s?.IsResumed == true), shown = Hash(_standings.Where((s, n) => s is not null && _keepsRows[n]).SelectMany(s => s!.Rows.Values)) };
    }

    /// <summary>So many rows are about to come to each connection that reads.</summary>
    public void Expect(long rows)
    {
        _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _missing = _reading.Count;
        _reading.ForEach(connection => connection.Expect(rows));
    }

    /// <summary>When the last row came, the bytes of all connections, and a hash of what one of them was told, row by row.</summary>
    public async Task<object> WaitAsync()
    {
        var end = await _done.Task.WaitAsync(Limit);
        var side = Side.Of(_side, 0);
        var rows = _connections[0].Kept.SelectMany(side.Rows).ToList();
        return new { end, bytes = _connections.Sum(c => c.Bytes), read = rows.Count, rows = Hash(rows) };
    }

    /// <summary>Has the server make changes, one at a time: the next when all that read have the one before.</summary>
    /// <param name="path">Where the server makes one.</param>
    /// <param name="from">The number of the first.</param>
    /// <param name="changes">How many.</param>
    /// <returns>Of all changes and connections, from the change until it came; in milliseconds.</returns>
    public async Task<object> ChangeAsync(string path, int from, int changes)
    {
        var times = new List<double>();
        for (var i = 0; i < changes; i++)
        {
            Expect(1);
            using var response = await _http.PostAsync(new Uri(_url, $"{path}?changes=1&from={from + i}"), null);
            response.EnsureSuccessStatusCode();
            using var json = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
            var start = json.RootElement.GetProperty("start").GetInt64();
            await _done.Task.WaitAsync(Limit);
            times.AddRange(_reading.Select(c => Stopwatch.GetElapsedTime(start, c.ArrivedAt).TotalMilliseconds));
        }

        times.Sort();
        return new { p50 = times[times.Count / 2], p99 = times[(int)(times.Count * 0.99)], count = times.Count };
    }

    /// <summary>So many, those after the first, stop reading; the last ones that were stopped read on.</summary>
    public void Stall(int count)
    {
        _stalled.ForEach(connection => connection.ReadOn());
        _stalled = [.. _connections.Skip(1).Take(count)];
        _stalled.ForEach(connection => connection.Stall());
        _reading = [.. _connections.Except(_stalled)];
    }

    /// <summary>All read on, until those that keep rows show the same.</summary>
    /// <returns>A hash of what they show, and how long it took.</returns>
    public async Task<object> ReadOnAsync()
    {
        var behind = _connections.Where((_, n) => n > 0 && _keepsRows[n]).ToList();
        _stalled.ForEach(connection => connection.ReadOn());
        _stalled = [];
        _reading = [.. _connections];
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            _connections[0].Settle();
            behind.ForEach(connection => connection.Settle());
            var shown = _standings.Where((s, n) => s is not null && _keepsRows[n]).Select(s => Hash(s!.Rows.Values)).Distinct().ToList();
            if (shown.Count == 1)
            {
                return new { shown = shown[0], milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds };
            }

            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                throw new TimeoutException("Those that had stopped reading do not show what the others do.");
            }

            await Task.Delay(20);
        }
    }

    public void Dispose()
    {
        _pings.Dispose();
        _http.Dispose();
        Array.ForEach(_connections, connection => connection.Dispose());
    }

    private static string Hash(IEnumerable<ReceivedRow> rows) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rows))));

    private void Arrived()
    {
        if (Interlocked.Decrement(ref _missing) == 0)
        {
            _done.TrySetResult(Stopwatch.GetTimestamp());
        }
    }

    private void Failed(Exception exception) => _done.TrySetException(exception);
}
