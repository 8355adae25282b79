// SPDX-License-Identifier: Apache-2.0
// words.js: the page's own labels in four languages, and how ages and lists
// are said. What verdicts say comes with each verdict.

export const LANGS = [
  ["en", "English"], ["ko", "한국어"], ["ja", "日本語"], ["zh", "中文"]];

// Each: English, Korean, Japanese, Chinese (Simplified).
const WORDS = {
  language: ["Language", "언어", "言語", "语言"],
  show: ["Please show your pass", "패스를 보여 주세요",
    "パスをご提示ください", "请出示您的通行证"],
  judging: ["One moment, please", "잠시만 기다려 주세요",
    "少々お待ちください", "请稍候"],
  ready: ["Ready", "준비됨", "受付中", "就绪"],
  readyOffline: ["Ready, without connection", "연결 없이 사용 중",
    "接続なしで受付中", "就绪（未连接）"],
  readyOld: ["Ready, with old data", "오래된 데이터로 사용 중",
    "古いデータで受付中", "就绪（数据较旧）"],
  accept: ["Accepted", "이용 가능", "ご利用いただけます", "可以使用"],
  reject: ["No discount", "할인 적용 불가", "割引適用外", "不适用优惠"],
  undecided: ["Not decided", "확인 불가", "確認できません", "暂无法确认"],
  retry: ["Please scan again", "다시 스캔해 주세요",
    "もう一度読み取ってください", "请重新扫描"],
  device: ["This device needs attention", "기기 점검 필요",
    "端末の確認が必要です", "本机需要处理"],
  undone: ["Taken back", "취소됨", "取り消しました", "已撤销"],
  notUndone: ["Not taken back", "취소되지 않음", "取り消せませんでした",
    "未能撤销"],
  listPrice: ["Regular price", "정가", "通常料金", "原价"],
  toPay: ["To pay", "결제 금액", "お支払い", "应付"],
  less: ["{0} less", "{0} 할인", "{0} 割引", "优惠 {0}"],
  pass: ["Pass", "패스", "パス", "通行证"],
  persons: ["Persons", "인원", "人数", "人数"],
  benefit: ["Benefit", "혜택", "特典", "优惠项目"],
  usedAt: ["Already used at", "사용한 곳", "ご利用済みの場所", "已使用于"],
  usedOn: ["on (local time)", "사용 시각 (현지)", "ご利用日時（現地）",
    "使用时间（当地）"],
  uses: ["Uses", "사용 횟수", "ご利用回数", "使用次数"],
  why: ["Why", "이유", "理由", "原因"],
  staff: ["For staff", "직원 안내", "スタッフの方へ", "工作人员"],
  byService: ["Decided by the service", "서비스에서 확인",
    "サービスで確認", "由服务端确认"],
  byKiosk: ["Decided by this kiosk", "이 기기에서 확인", "この端末で確認",
    "由本机确认"],
  keys: ["keys {0} old", "키 {0} 전", "鍵 {0}前", "密钥 {0}前"],
  lists: ["status lists {0} old", "상태 목록 {0} 전", "状態リスト {0}前",
    "状态列表 {0}前"],
  data: ["data {0} old", "데이터 {0} 전", "データ {0}前", "数据 {0}前"],
  undo: ["Undo ({0} s)", "취소 ({0}초)", "取り消す（{0}秒）", "撤销（{0} 秒）"],
  undoThis: ["Undo", "취소", "取り消す", "撤销"],
  next: ["Next visitor", "다음 방문객", "次の方へ", "下一位"],
  party: ["Persons on this pass", "이 패스의 인원", "このパスの人数",
    "本通行证人数"],
  fewer: ["One person fewer", "한 명 줄이기", "1人減らす", "减少一人"],
  more: ["One person more", "한 명 늘리기", "1人増やす", "增加一人"],
  amount: ["Regular price", "정가", "通常料金", "原价"],
  perPerson: ["per person", "1인당", "1人あたり", "每人"],
  perParty: ["in total", "합계", "合計", "合计"],
  amountNone: ["Empty: the price is not shown.",
    "비워 두면 요금이 표시되지 않습니다.",
    "空欄のときは料金を表示しません。", "留空则不显示价格。"],
  amountTotal: ["Together: {0}", "합계: {0}", "合計: {0}", "合计：{0}"],
  amountWrong: ["Please enter digits, such as 3000 or 12.50.",
    "3000 또는 12.50처럼 숫자로 입력해 주세요.",
    "3000 や 12.50 のように数字で入力してください。",
    "请输入数字，例如 3000 或 12.50。"],
  recent: ["Just accepted", "방금 이용한 패스", "直前の受付", "刚刚受理"],
  noBenefits: ["No benefit runs here yet. An operator adds one.",
    "아직 등록된 혜택이 없습니다. 운영자가 추가합니다.",
    "利用できる特典がまだありません。運営者が追加します。",
    "此处暂无优惠项目，请由管理员添加。"],
  chooseBenefit: ["Please choose a benefit first, then scan again.",
    "먼저 혜택을 선택한 뒤 다시 스캔해 주세요.",
    "先に特典を選び、もう一度読み取ってください。",
    "请先选择优惠项目，然后重新扫描。"],
  linkUp: ["Connected", "연결됨", "接続中", "已连接"],
  linkDown: ["No connection for {0}", "{0}째 연결 없음", "{0}接続なし",
    "已断开 {0}"],
  linkUnknown: ["Connecting", "연결하는 중", "接続しています", "正在连接"],
  dataAge: ["Data {0} old", "데이터 {0} 전", "データ {0}前", "数据 {0}前"],
  listAge: ["Lists {0} old", "목록 {0} 전", "リスト {0}前", "列表 {0}前"],
  noData: ["No data yet", "데이터 없음", "データなし", "暂无数据"],
  toSend: ["{0} to be sent", "전송 대기 {0}건", "送信待ち {0}件",
    "待发送 {0} 条"],
  allSent: ["All sent", "모두 전송됨", "送信済み", "已全部发送"],
  scannerReady: ["Scanner ready", "스캐너 준비됨", "スキャナー準備完了",
    "扫描器就绪"],
  scannerDown: ["Scanner away: {0}", "스캐너 연결 끊김: {0}",
    "スキャナー未接続: {0}", "扫描器断开：{0}"],
  scannerEnded: ["Scanner input ended", "스캐너 입력 종료",
    "スキャナー入力終了", "扫描器输入已结束"],
  setUp: ["This kiosk is being set up", "키오스크를 준비하고 있습니다",
    "端末を準備しています", "本机正在准备中"],
  setUpNext: ["An operator has to confirm it; it goes on by itself.",
    "운영자가 확인하면 자동으로 시작됩니다.",
    "運営者が確認すると、自動で始まります。",
    "管理员确认后将自动开始。"],
  revoked: ["This kiosk is no longer in service",
    "더 이상 사용되지 않는 키오스크입니다",
    "この端末は使用を停止しています", "本机已停止使用"],
  revokedNext: ["Use another device, and tell the operator.",
    "다른 기기를 사용하고 운영자에게 알려 주세요.",
    "別の端末を使い、運営者に知らせてください。",
    "请使用其他设备，并告知管理员。"],
  gone: ["The kiosk program does not answer",
    "키오스크 프로그램이 응답하지 않습니다",
    "端末のプログラムが応答していません", "本机程序没有响应"],
  goneNext: ["No pass can be checked now. This page comes back by itself; " +
    "if it does not, restart the device.",
  "지금은 패스를 확인할 수 없습니다. 자동으로 다시 연결되며, 되지 않으면 " +
    "기기를 다시 시작해 주세요.",
  "現在パスを確認できません。自動で再接続します。戻らないときは端末を" +
    "再起動してください。",
  "目前无法检查通行证。页面会自动恢复；若未恢复，请重新启动设备。"],
  locked: ["Please open this page by its link",
    "전용 링크로 이 페이지를 열어 주세요",
    "専用のリンクからこのページを開いてください", "请通过专用链接打开此页面"],
  lockedNext: ["The link is in the kiosk's folder, in the file agent.page.",
    "링크는 키오스크 폴더의 agent.page 파일에 있습니다.",
    "リンクは端末のフォルダーの agent.page にあります。",
    "链接在本机目录的 agent.page 文件中。"],
  layout: ["The scanner types other characters than it reads. Set the " +
    "keyboard to English (US), or the scanner to this keyboard.",
  "스캐너가 다른 문자를 입력합니다. 키보드를 영어(미국)로 바꾸거나 스캐너의 " +
    "키보드 설정을 맞춰 주세요.",
  "スキャナーの文字が正しく入力されていません。キーボードを英語（US）に" +
    "するか、スキャナーの配列を合わせてください。",
  "扫描器输入的字符不正确。请将键盘设为英语（美国），或调整扫描器的键盘设置。"],
  ime: ["The keyboard is set to another script. Switch it to English and " +
    "scan again.",
  "한글 입력 상태입니다. 영문으로 바꾼 뒤 다시 스캔해 주세요.",
  "日本語入力になっています。英数に切り替えて、もう一度読み取ってください。",
  "当前为中文输入法。请切换到英文后重新扫描。"],
  tooFast: ["Too many codes at once. Please scan again, one at a time.",
    "코드가 한꺼번에 너무 많이 들어왔습니다. 하나씩 다시 스캔해 주세요.",
    "一度に多くのコードが届きました。1つずつ読み取り直してください。",
    "一次收到的代码过多。请逐个重新扫描。"],
  failed: ["This scan could not be judged: {0}",
    "이 스캔을 처리하지 못했습니다: {0}",
    "読み取りを処理できませんでした: {0}", "本次扫描未能处理：{0}"],
  refusal: ["A visit that was taken back still counts. An operator has to " +
    "take it back: {0}",
  "취소한 방문이 아직 사용으로 남아 있습니다. 운영자가 취소해야 합니다: {0}",
  "取り消した利用がまだ有効です。運営者による取り消しが必要です: {0}",
  "已撤销的使用记录仍然有效，需要管理员撤销：{0}"],
  refusalEmpty: ["A visit that was taken back had not counted. There is " +
    "nothing to do: {0}",
  "취소한 방문은 원래 사용으로 집계되지 않았습니다. 할 일은 없습니다: {0}",
  "取り消した利用は元々数えられていません。対応は不要です: {0}",
  "已撤销的使用原本就未计入，无需处理：{0}"],
  close: ["Close", "닫기", "閉じる", "关闭"],
};

const UNITS = [
  [86400000, ["{0} d", "{0}일", "{0}日", "{0} 天"]],
  [3600000, ["{0} h", "{0}시간", "{0}時間", "{0} 小时"]],
  [60000, ["{0} min", "{0}분", "{0}分", "{0} 分钟"]],
  [1000, ["{0} s", "{0}초", "{0}秒", "{0} 秒"]]];

let at = 0;

export function setLang(tag) {
  at = Math.max(0, LANGS.findIndex(([t]) => t === tag));
  document.documentElement.lang = lang();
}

export function lang() {
  return LANGS[at][0];
}

function fill(texts, i, values) {
  return values.reduce((text, value, n) => text.replace(`{${n}}`, () => value),
    texts[i]);
}

export function word(name, ...values) {
  return fill(WORDS[name], at, values);
}

// In one given language.
export function wordIn(tag, name) {
  return WORDS[name][LANGS.findIndex(([t]) => t === tag)];
}

// "5 min": two of a unit at least, so that it is not too coarse.
export function age(ms) {
  const [unit, texts] = UNITS.find(([u]) => ms >= 2 * u) || UNITS[3];

  return fill(texts, at, [String(Math.max(0, Math.floor(ms / unit)))]);
}

// Of { en: …, ko: … }, or the first that there is.
export function pick(names, otherwise) {
  return (names && (names[lang()] || names.en ||
    Object.values(names)[0])) || otherwise;
}
