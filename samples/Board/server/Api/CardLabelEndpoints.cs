using BoardSample.Model;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BoardSample.Api;

/// <summary><c>PUT|DELETE /api/cards/{cardId}/labels/{labelId}</c>: a label is put on a card and taken off.</summary>
internal static class CardLabelEndpoints
{
    public static void MapCardLabels(this IEndpointRouteBuilder api, RowSet cards, RowSet labels)
    {
        const string Route = "cards/{cardId}/labels/{labelId}";

        api.MapPut(Route, async (BoardDb db, string cardId, string labelId, CancellationToken token) =>
        {
            var (card, label) = await FindAsync(db, cards.ParseId(cardId), labels.ParseId(labelId), token);
            card.Labels.Add(label);
            try
            {
                await db.SaveChangesAsync(token);
            }
            catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
            {
                // Another request has put it there since: what was asked for holds.
            }

            return TypedResults.NoContent();
        });

        api.MapDelete(Route, async (BoardDb db, string cardId, string labelId, CancellationToken token) =>
        {
            var (card, label) = await FindAsync(db, cards.ParseId(cardId), labels.ParseId(labelId), token);
            if (!card.Labels.Remove(label))
            {
                throw ApiException.NotFound($"label {labelId} on card {cardId}");
            }

            await db.SaveChangesAsync(token);
            return TypedResults.NoContent();
        });

        async Task<(Card Card, Label Label)> FindAsync(BoardDb db, object cardId, object labelId, CancellationToken token)
        {
            var label = await db.Labels.SingleOrDefaultAsync(l => l.Id == (int)labelId, token) ?? throw labels.Absent(labelId);
            var card = await db.Cards.Include(c => c.Labels.Where(l => l == label)).SingleOrDefaultAsync(c => c.Id == (int)cardId, token)
                ?? throw cards.Absent(cardId);
            return (card, label);
        }
    }
}
