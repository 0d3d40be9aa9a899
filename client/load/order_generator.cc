#include "client/load/order_generator.h"

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tally::client {
namespace {

constexpr char kCurrency[] = "GBP";

constexpr const char* kFinishes[] = {"red",   "blue",  "cream", "oak",   "brass",  "slate",
                                     "birch", "green", "ivory", "denim", "copper", "clear"};
constexpr const char* kThings[] = {"teapot",        "mug",
                                   "lantern",       "cushion",
                                   "notebook",      "picture frame",
                                   "doorstop",      "bird table",
                                   "egg cup",       "bread bin",
                                   "wall clock",    "coat hook",
                                   "candle holder", "apron",
                                   "tea towel",     "storage jar",
                                   "cake stand",    "jigsaw",
                                   "umbrella",      "key ring",
                                   "lunch box",     "hot water bottle",
                                   "garden sign",   "wind chime",
                                   "napkin ring",   "paper chain",
                                   "wooden spoon",  "photo album",
                                   "toy train",     "skipping rope",
                                   "sewing box",    "money box",
                                   "magnet",        "bell",
                                   "place mat",     "wash bag",
                                   "letter rack",   "vase",
                                   "basket",        "ribbon"};

// What most people buy one of, some a few, a dealer a dozen.
constexpr int kQuantities[] = {1, 1, 1, 1, 2, 2, 3, 4, 6, 12};
constexpr int kLineCounts[] = {1, 1, 1, 1, 2, 2, 2, 3, 4, 5};

template <size_t N>
int Pick(std::mt19937_64& random, const int (&values)[N]) {
  return values[absl::Uniform<size_t>(random, 0, N)];
}

}  // namespace

OrderGenerator::OrderGenerator(const Options& options)
    : options_(options),
      catalogue_(MakeCatalogue()),
      customer_(options.customers - 1, 1.3),
      article_(static_cast<int>(catalogue_.size()) - 1, 1.3),
      random_(options.seed) {}

std::vector<OrderGenerator::Article> OrderGenerator::MakeCatalogue() {
  std::mt19937_64 random(480);
  std::vector<Article> catalogue;
  for (const char* thing : kThings) {
    for (const char* finish : kFinishes) {
      const int pence = absl::Zipf<int>(random, 4'000, 1.2) + 45;
      Article article{.sku = absl::StrFormat("TS%04d", catalogue.size() + 1),
                      .description = absl::StrCat(finish, " ", thing),
                      .price = {}};
      article.price.set_currency_code(kCurrency);
      article.price.set_units(pence / 100);
      article.price.set_nanos(pence % 100 * 10'000'000);
      catalogue.push_back(std::move(article));
    }
  }
  return catalogue;
}

void OrderGenerator::Fill(orders::v1::PlaceOrderRequest& request) {
  request.Clear();
  request.set_currency(kCurrency);
  absl::StrAppend(request.mutable_customer(), "customer-", customer_(random_) + 1);
  const int lines = options_.lines > 0 ? options_.lines : Pick(random_, kLineCounts);
  for (int i = 0; i < lines; ++i) {
    const Article& article = catalogue_[static_cast<size_t>(article_(random_))];
    orders::v1::OrderLine& line = *request.add_lines();
    line.set_sku(article.sku);
    line.set_description(article.description);
    line.set_quantity(Pick(random_, kQuantities));
    *line.mutable_unit_price() = article.price;
  }
}

}  // namespace tally::client
