using System.Collections.Concurrent;
using GateServer;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;

// The server on which the client's ways to connect are tested: an open hub, one that wants a token, and one of another kind. Its address is the first line of its output.
var builder = WebApplication.CreateBuilder(args);
var database = builder.Configuration.GetConnectionString("Gate") ?? throw new InvalidOperationException("ConnectionStrings:Gate is not set.");
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddDbContextPool<GateDb>(options => options.UseNpgsql(database));
builder.Services.AddLiveHub<GateDb>(live => live.Expose<Guest>().UsePostgreSql());
builder.Services.AddAuthentication(TokenHandler.Name).AddScheme<AuthenticationSchemeOptions, TokenHandler>(TokenHandler.Name, configureOptions: null);
builder.Services.AddAuthorization();

await using var app = builder.Build();
await using (var scope = app.Services.CreateAsyncScope())
{
    await scope.ServiceProvider.GetRequiredService<GateDb>().Database.EnsureCreatedAsync();
}

var requests = new ConcurrentQueue<SeenRequest>();
app.Use((context, next) =>
{
    requests.Enqueue(SeenRequest.Of(context.Request));
    return next(context);
});
app.UseAuthentication();
app.UseAuthorization();
app.MapLiveHub("/live");
app.MapLiveHub("/guarded").RequireAuthorization();
app.MapHub<ChatHub>("/chat");
app.MapGet("/page", () => Results.Content("<!doctype html><title>The gate</title>", "text/html"));
app.MapGet("/requests", () => requests);
app.MapPost("/guests", async (Guest[] guests, GateDb db) =>
{
    db.AddRange(guests);
    await db.SaveChangesAsync();
});
app.MapPut("/guests/{id}", async (string id, Guest guest, GateDb db) =>
{
    (await db.Guests.SingleAsync(g => g.Id == id)).Name = guest.Name;
    await db.SaveChangesAsync();
});
app.MapDelete("/guests/{id}", (string id, GateDb db) =>
{
    db.Remove(new Guest { Id = id });
    return db.SaveChangesAsync();
});

await app.StartAsync();
Console.WriteLine(app.Urls.Single());
await app.WaitForShutdownAsync();
