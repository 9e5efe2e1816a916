using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using ValuesServer;

// The server of C10: every type of docs/protocol.md's table, in columns and in keys, on a PostgreSQL of the test's own.
var builder = WebApplication.CreateBuilder(args);
var database = builder.Configuration.GetConnectionString("Values") ?? throw new InvalidOperationException("ConnectionStrings:Values is not set.");
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddDbContextPool<ValuesDb>(options => options.UseNpgsql(database));
builder.Services.AddLiveHub<ValuesDb>(live =>
{
    live.Expose<Sample>().UsePostgreSql();
    foreach (var key in Keys.All)
    {
        key.Expose(live);
    }
});
builder.Services.AddSingleton<Counts>();
var isJsonOdd = builder.Configuration.GetValue<bool>("OddJson");
if (isJsonOdd)
{
    OddJson.Use(builder.Services);
}

var app = builder.Build();
var counts = app.Services.GetRequiredService<Counts>();
await using (var scope = app.Services.CreateAsyncScope())
{
    await scope.ServiceProvider.GetRequiredService<ValuesDb>().Database.EnsureCreatedAsync();
}

app.MapLiveHub("/live");
app.MapPost("/save", SaveEndpoint.SaveAsync);
app.MapGet("/counts", () => Results.Json(counts.Now, JsonSerializerOptions.Web));
app.MapGet("/health", () => "ok");
if (isJsonOdd)
{
    OddJson.Map(app);
}

await app.RunAsync();
