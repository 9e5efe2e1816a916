using System.Diagnostics;
using System.Text.Json;
using BenchClient;

// Holds many SignalR connections for the bench `fanout` and counts the rows that come, in a process of its own. Reads one JSON request a line from stdin,
// answers each with one line on stdout, and ends with its input.
var url = new Uri(args[0]);
var crowds = new Dictionary<string, Crowd>(StringComparer.Ordinal);
while (await Console.In.ReadLineAsync() is { } line)
{
    using var request = JsonDocument.Parse(line);
    var root = request.RootElement;
    var name = root.GetProperty("crowd").GetString()!;
    object answer;
    switch (root.GetProperty("do").GetString())
    {
        case "open":
            var side = Side.Of(root.GetProperty("side").GetString()!);
            crowds[name] = await Crowd.OpenAsync(url, side, root.GetProperty("connections").GetInt32());
            answer = new { opened = name };
            break;
        case "expect":
            crowds[name].Expect(root.GetProperty("rows").GetInt64());
            answer = new { cpuMs = CpuMs() };
            break;
        case "wait":
            answer = await crowds[name].WaitAsync();
            break;
        case "cpu":
            answer = new { cpuMs = CpuMs() };
            break;
        case "close":
            crowds.Remove(name, out var closed);
            closed!.Dispose();
            answer = new { closed = name };
            break;
        case var other:
            throw new InvalidOperationException($"Nobody knows how to '{other}'.");
    }

    await Console.Out.WriteLineAsync(JsonSerializer.Serialize(answer));
}

static double CpuMs()
{
    using var process = Process.GetCurrentProcess();
    return process.TotalProcessorTime.TotalMilliseconds;
}
