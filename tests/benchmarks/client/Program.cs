using System.Diagnostics;
using System.Text.Json;
using BenchClient;

// Holds many SignalR connections for benches and counts the rows that come, in a process of its own. Reads one JSON request a line from stdin,
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
            var connections = root.GetProperty("connections").GetInt32();
            crowds[name] = new(url, root.GetProperty("side").GetString()!, connections, Number("standing"), Number("keepRows"));
            answer = await crowds[name].OpenAsync(resumes: false);
            break;
        case "cut":
            answer = crowds[name].Cut();
            break;
        case "return":
            answer = await crowds[name].OpenAsync(root.GetProperty("resumes").GetBoolean());
            break;
        case "change":
            answer = await crowds[name].ChangeAsync(root.GetProperty("path").GetString()!, Number("from"), Number("changes"));
            break;
        case "stall":
            crowds[name].Stall(Number("count"));
            answer = new { stalled = name };
            break;
        case "readOn":
            answer = await crowds[name].ReadOnAsync();
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

    int Number(string property) => root.TryGetProperty(property, out var value) ? value.GetInt32() : 0;
}

static double CpuMs()
{
    using var process = Process.GetCurrentProcess();
    return process.TotalProcessorTime.TotalMilliseconds;
}
