#include "client/retail/invoice_book.h"

#include "absl/strings/str_cat.h"
#include "client/calls/messages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testkit/status_matchers.h"

namespace tally::client {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kHeader[] =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

Invoices Read(absl::string_view rows) {
  absl::StatusOr<Invoices> invoices = ReadRetailCsv(absl::StrCat(kHeader, rows));
  EXPECT_OK(invoices);
  return invoices.ok() ? *std::move(invoices) : Invoices();
}

MATCHER_P3(IsLeftOut, line, reason, detail, "") {
  return testing::ExplainMatchResult(
      AllOf(Field(&LeftOut::line, line), Field(&LeftOut::reason, reason),
            Field(&LeftOut::detail, HasSubstr(detail))),
      arg, result_listener);
}

std::string PlaceTimeOf(const Invoice& invoice) {
  return FormatTimestamp(invoice.request.place_time());
}

TEST(InvoiceBookTest, MakesAnOrderOfAnInvoice) {
  const Invoices invoices = Read(
      "7,A1,MUG,6,2010-12-01 08:26:00,2.55,17850,UK\n"
      "7,A2,\"BOX, RED\",1,2010-12-01 08:26:00,12,17850,UK\n");
  ASSERT_THAT(invoices.orders, SizeIs(1));
  const orders::v1::PlaceOrderRequest& order = invoices.orders[0].request;
  EXPECT_EQ(invoices.orders[0].line, 2);
  EXPECT_EQ(order.request_id(), "7");
  EXPECT_EQ(order.customer(), "17850");
  EXPECT_EQ(order.currency(), "GBP");
  EXPECT_EQ(PlaceTimeOf(invoices.orders[0]), "2010-12-01T08:26:00Z");
  ASSERT_EQ(order.lines_size(), 2);
  EXPECT_EQ(order.lines(0).sku(), "A1");
  EXPECT_EQ(order.lines(0).quantity(), 6);
  EXPECT_EQ(FormatAmount(order.lines(0).unit_price()), "2.55");
  EXPECT_EQ(order.lines(1).description(), "BOX, RED");
  EXPECT_EQ(FormatAmount(order.lines(1).unit_price()), "12.00");
  EXPECT_THAT(invoices.left_out, IsEmpty());
  EXPECT_EQ(invoices.rows, 2);
}

TEST(InvoiceBookTest, GathersRowsThatDoNotStandTogether) {
  const Invoices invoices = Read(
      "7,A1,,1,2010-12-01 08:00:00,1,1,UK\n"
      "8,A1,,1,2010-12-01 09:00:00,1,2,UK\n"
      "7,A2,,1,2010-12-01 08:00:00,1,1,UK\n");
  ASSERT_THAT(invoices.orders, SizeIs(2));
  EXPECT_EQ(invoices.orders[0].request.lines_size(), 2);
  EXPECT_EQ(invoices.orders[1].request.request_id(), "8");
}

TEST(InvoiceBookTest, TakesTheEarliestTimeOfAllItsRows) {
  const Invoices invoices = Read(
      "7,A1,,1,2010-12-02 00:03:00,1,1,UK\n"
      "7,A1,,-1,2010-12-01 23:58:00,1,1,UK\n");
  ASSERT_THAT(invoices.orders, SizeIs(1));
  EXPECT_EQ(PlaceTimeOf(invoices.orders[0]), "2010-12-01T23:58:00Z");
}

TEST(InvoiceBookTest, CallsACustomerNobodyNamesGuest) {
  const Invoices invoices = Read(
      "7,A1,,1,2010-12-01 08:00:00,1,,UK\n"
      "8,A1,,1,2010-12-01 08:00:00,1,,UK\n"
      "8,A1,,1,2010-12-01 08:00:00,1,17850,UK\n");
  EXPECT_EQ(invoices.orders[0].request.customer(), "guest");
  EXPECT_EQ(invoices.orders[1].request.customer(), "17850");
}

TEST(InvoiceBookTest, LeavesOutWhatIsNotAboveZero) {
  const Invoices invoices = Read(
      "7,A1,,0,2010-12-01 08:00:00,1,1,UK\n"
      "7,A1,,-3,2010-12-01 08:00:00,1,1,UK\n"
      "7,A1,,1,2010-12-01 08:00:00,0.00,1,UK\n"
      "7,A1,,1,2010-12-01 08:00:00,-11062.06,1,UK\n"
      "7,A1,,1,2010-12-01 08:00:00,0.01,1,UK\n");
  ASSERT_THAT(invoices.orders, SizeIs(1));
  EXPECT_EQ(invoices.orders[0].request.lines_size(), 1);
  EXPECT_THAT(invoices.left_out,
              ElementsAre(IsLeftOut(2, LeftOutReason::kQuantityNotAboveZero, "0"),
                          IsLeftOut(3, LeftOutReason::kQuantityNotAboveZero, "-3"),
                          IsLeftOut(4, LeftOutReason::kPriceNotAboveZero, "0.00"),
                          IsLeftOut(5, LeftOutReason::kPriceNotAboveZero, "-11062.06")));
}

TEST(InvoiceBookTest, LeavesOutCreditNotes) {
  const Invoices invoices = Read("C7,A1,,1,2010-12-01 08:00:00,1,1,UK\n");
  EXPECT_THAT(invoices.orders, IsEmpty());
  EXPECT_THAT(invoices.left_out, ElementsAre(IsLeftOut(2, LeftOutReason::kCreditNote, "")));
}

TEST(InvoiceBookTest, LeavesOutAnInvoiceOfWhichNothingIsLeft) {
  const Invoices invoices = Read(
      "7,A1,,-1,2010-12-01 08:00:00,1,1,UK\n"
      "7,A1,,1,2010-12-01 08:00:00,0,1,UK\n");
  EXPECT_THAT(invoices.orders, IsEmpty());
  EXPECT_THAT(invoices.left_out, ElementsAre(IsLeftOut(2, LeftOutReason::kQuantityNotAboveZero, ""),
                                             IsLeftOut(2, LeftOutReason::kInvoiceWithoutLines, ""),
                                             IsLeftOut(3, LeftOutReason::kPriceNotAboveZero, "")));
}

TEST(InvoiceBookTest, LeavesOutRowsThatCannotBeReadAndSaysWhy) {
  const Invoices invoices = Read(
      "7,A1,,one,2010-12-01 08:00:00,1,1,UK\n"
      "7,A1,,1,yesterday,1,1,UK\n"
      "7,A1,,1,2010-02-30 08:00:00,1,1,UK\n"
      "7,A1,,1,2010-12-01 08:00:00,1.005,1,UK\n"
      "7,A1,,1,2010-12-01 08:00:00,1e3,1,UK\n"
      "7,A1,,1\n"
      "7,A1,,1,2010-12-01 08:00:00,1,1,UK,extra\n"
      ",A1,,1,2010-12-01 08:00:00,1,1,UK\n"
      "7,A1,\xa3,1,2010-12-01 08:00:00,1,1,UK\n"
      "7,A1,,99999999999999999999,2010-12-01 08:00:00,1,1,UK\n"
      "7,\"A1,,1,2010-12-01 08:00:00,1,1,UK\n");
  EXPECT_THAT(invoices.orders, IsEmpty());
  constexpr LeftOutReason kMalformed = LeftOutReason::kMalformed;
  EXPECT_THAT(
      invoices.left_out,
      ElementsAre(
          IsLeftOut(2, kMalformed, "`one`"), IsLeftOut(3, kMalformed, "`yesterday`"),
          IsLeftOut(4, kMalformed, "`2010-02-30"), IsLeftOut(5, kMalformed, "`1.005`"),
          IsLeftOut(6, kMalformed, "`1e3`"), IsLeftOut(7, kMalformed, "4 columns instead of 8"),
          IsLeftOut(8, kMalformed, "9 columns instead of 8"),
          IsLeftOut(9, kMalformed, "InvoiceNo is empty"), IsLeftOut(10, kMalformed, "UTF-8"),
          IsLeftOut(11, kMalformed, "no whole number"), IsLeftOut(12, kMalformed, "not closed")));
  EXPECT_EQ(invoices.left_out[0].invoice, "7");
}

TEST(InvoiceBookTest, LeavesToTheServiceWhatItRefuses) {
  const std::string description(300, 'x');
  const Invoices invoices =
      Read(absl::StrCat("7,A1,", description, ",1,2010-12-01 08:00:00,1,1,UK\n"));
  ASSERT_THAT(invoices.orders, SizeIs(1));
  EXPECT_EQ(invoices.orders[0].request.lines(0).description(), description);
}

TEST(InvoiceBookTest, FindsColumnsByName) {
  const absl::StatusOr<Invoices> invoices = ReadRetailCsv(
      "CustomerID, UnitPrice ,InvoiceDate,Quantity,Note,Description,StockCode,InvoiceNo\r\n"
      " 1 , 2.50 ,2010-12-01 08:26, 3 ,x, MUG ,A1, 7 \r\n");
  ASSERT_OK(invoices);
  ASSERT_THAT(invoices->orders, SizeIs(1));
  const orders::v1::PlaceOrderRequest& order = invoices->orders[0].request;
  EXPECT_EQ(order.request_id(), "7");
  EXPECT_EQ(order.customer(), "1");
  EXPECT_EQ(order.lines(0).description(), "MUG");
  EXPECT_EQ(order.lines(0).quantity(), 3);
}

TEST(InvoiceBookTest, NamesTheColumnsThatAreMissing) {
  EXPECT_THAT(ReadRetailCsv("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,Price\n"),
              testkit::StatusIs(absl::StatusCode::kInvalidArgument,
                                HasSubstr("missing: UnitPrice, CustomerID")));
  EXPECT_THAT(ReadRetailCsv(""), testkit::StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace tally::client
